/** Signatures of messages: Standard Webhooks, "Signature scheme" (symmetric, v1). Pure. */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** A secret as its receiver is given it. */
export const tellSecret = (secret: Uint8Array): string => `${PREFIX}${Buffer.from(secret).toString('base64')}`;

/**
 * What a receiver sees as `webhook-id`. It is the same however often the message is sent, and another for an event that has the number
 * of one which a restored database has lost.
 */
export const messageIdOf = ({ event, at }: { event: bigint | number; at: Date }): string =>
  `evt_${event}_${at.getTime().toString(36)}`;

/**
 * The headers of one try.
 * @param timestampSeconds when it is made, Unix time: receivers refuse what is older than some minutes
 */
export const signedHeaders = (message: {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
  readonly secret: Uint8Array;
}): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> => {
  const { id, timestampSeconds, body, secret } = message;
  const signature = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': `v1,${signature}` };
};

/**
 * Signed request ids: feedback about an answer comes back with one, and it says by itself which version answered what and
 * when. Nobody but this installation can make one. Form: base64url(payload) "." base64url(HMAC-SHA256, 16 bytes).
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { AppError } from '@graft/contracts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';

const payloadSchema = z.object({
  /** A UUIDv7 of its own. */
  id: z.uuid(),
  model: z.string(),
  version: z.int().min(1),
  environment: z.string(),
  epoch: z.int().min(1),
  generation: z.int().min(1),
  /** Index of the best class in the version's labels. */
  classIndex: z.int().min(0),
  /** Milliseconds since 1970. */
  at: z.int().min(0),
});
export type RequestIdPayload = z.infer<typeof payloadSchema>;

export interface RequestIds {
  sign(payload: Omit<RequestIdPayload, 'id'>): string;
  /** @throws AppError `invalid_request` when it isn't one of ours. */
  verify(requestId: string): RequestIdPayload;
}

const SIGNATURE_BYTES = 16;

const derive = (token: string, purpose: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', token, 'graft', purpose, length));

/** Names the installation that a token belongs to, and tells nothing about the token: 32 hex digits. */
export const installationOf = (token: string): string => derive(token, 'installation.v1', 16).toString('hex');

const notOurs = (): AppError =>
  new AppError('invalid_request', 'this request id was not given out by this installation');

/** The key is derived from the token, so that no id tells anything about it. */
export const createRequestIds = (token: string): RequestIds => {
  const key = derive(token, 'request-id.v1', 32);
  const signatureOf = (body: string): Buffer =>
    createHmac('sha256', key).update(body).digest().subarray(0, SIGNATURE_BYTES);
  return {
    sign: ({ model, version, environment, epoch, generation, classIndex, at }) => {
      const fields = [uuidv7(), model, version, epoch, generation, classIndex, at, environment];
      const body = Buffer.from(JSON.stringify(fields)).toString('base64url');
      return `${body}.${signatureOf(body).toString('base64url')}`;
    },
    verify: (requestId) => {
      const [body = '', signature = '', ...more] = requestId.split('.');
      const given = Buffer.from(signature, 'base64url');
      const isOurs = more.length === 0 && given.length === SIGNATURE_BYTES && timingSafeEqual(given, signatureOf(body));
      if (!isOurs) throw notOurs();
      const fields = JSON.parse(Buffer.from(body, 'base64url').toString()) as unknown[];
      const [id, model, version, epoch, generation, classIndex, at, environment] = fields;
      const said = { id, model, version, environment, epoch, generation, classIndex, at };
      const { data } = payloadSchema.safeParse(said);
      // Signed by another release, which said other things.
      if (data === undefined) throw notOurs();
      return data;
    },
  };
};

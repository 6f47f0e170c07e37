import { randomBytes } from 'node:crypto';
import {
  AppError,
  type IssuedWebhook,
  type newWebhookSchema,
  type Webhook,
  type WebhookDelivery,
  type WebhookTest,
} from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';
import { checkWebhookUrl } from '../webhooks/address.js';
import type { Send } from '../webhooks/send.js';
import { tellSecret } from '../webhooks/sign.js';

/** Bytes of a secret; Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;
/** An installation tells a few programs; each event costs a row for each of them. */
const MOST = 100;

export const webhookService = (db: Database, send: Send) => {
  const find = async (id: string): Promise<Webhook> => {
    const webhook = await db.webhooks.get(id);
    if (webhook === null) throw noSuch('webhook', id);
    return webhook;
  };

  return {
    /** The answer alone has the secret. */
    createWebhook: (by: string, { url, events }: z.output<typeof newWebhookSchema>): Promise<IssuedWebhook> =>
      db.transaction(async (tx) => {
        checkWebhookUrl(url);
        const present = await tx.webhooks.byUrl(url);
        if (present !== null) {
          throw new AppError(
            'conflict',
            `there is a webhook for this URL: ${present.id}; remove it first (./graft webhook remove ${present.id}), its secret is not told again`,
            { details: { id: present.id } },
          );
        }
        const others = await tx.webhooks.list({ after: null, limit: MOST });
        if (others.length >= MOST) {
          throw new AppError('refused', `there are ${MOST} webhooks already: remove one that nobody needs`);
        }
        const secret = randomBytes(SECRET_BYTES);
        const created = await tx.webhooks.get(await tx.webhooks.create({ url, events, secret, by }));
        if (created === null) throw new AppError('internal', 'a webhook that was just made is not there');
        return { ...created, secret: tellSecret(secret) };
      }),

    listWebhooks: (page: PageAsk<{ at: string; id: string }>): Promise<Webhook[]> => db.webhooks.list(page),

    /** Nothing is sent to it from now on, nor what waits. */
    removeWebhook: async (id: string): Promise<Webhook> => {
      const webhook = await find(id);
      await db.webhooks.remove(id);
      return webhook;
    },

    /** What waited when it was disabled is sent; what came since is not. Again: no change. */
    enableWebhook: async (id: string): Promise<Webhook> => {
      if ((await find(id)).disabled !== null) await db.webhooks.enable(id);
      return find(id);
    },

    /** One message at once, outside of the order; whether it is disabled or not. */
    testWebhook: async (id: string, by: string): Promise<WebhookTest> => {
      const target = await db.webhooks.secretOf((await find(id)).id);
      if (target === null) throw noSuch('webhook', id);
      const startedAt = performance.now();
      const none = { model: null, version: null, variant: null, environment: null, generation: null, pipeline: null };
      const { status, error } = await send(
        {
          ...target,
          id: `test_${randomBytes(12).toString('hex')}`,
          message: {
            type: 'webhook.test',
            timestamp: new Date().toISOString(),
            data: { ...none, id, by, reason: 'a test', link: null },
          },
        },
        new AbortController().signal,
      );
      return { ok: error === null, status, error, milliseconds: performance.now() - startedAt };
    },

    listDeliveries: async (id: string, page: PageAsk<number>): Promise<WebhookDelivery[]> => {
      await find(id);
      return db.webhooks.listDeliveries(id, page);
    },

    /** Sends a message again, with the id that it had. */
    resendDelivery: async (id: string, event: number): Promise<WebhookDelivery> => {
      const { disabled } = await find(id);
      if (disabled !== null) {
        throw new AppError(
          'refused',
          `webhook ${id} is disabled since ${disabled.at} (${disabled.reason}): enable it first (./graft webhook enable ${id})`,
          { details: { id } },
        );
      }
      const delivery = await db.transaction((tx) => tx.webhooks.resend(id, event));
      if (delivery === null) throw noSuch(`message of event ${event} to webhook`, id);
      return delivery;
    },
  };
};

/**
 * Webhooks: what the registry tells other programs of, and how they are told. The form of a message and its signature are those of the
 * Standard Webhooks specification (https://www.standardwebhooks.com).
 */
import { z } from 'zod';
import { timestampSchema } from './digest.js';

/** What is told of. A first word for what it is about, a second for what happened. */
export const NOTICE_KINDS = [
  'review.requested',
  'review.reminded',
  'review.approved',
  'review.rejected',
  'review.expired',
  'review.reopened',
  'promotion.failed',
  'deployment.promoted',
  'deployment.rolled_back',
  'deployment.restored',
  'trial.started',
  'trial.ended',
  'trial.rolled_back',
  'run.failed',
  'webhook.disabled',
] as const;
export const noticeKindSchema = z.enum(NOTICE_KINDS);
export type NoticeKind = z.infer<typeof noticeKindSchema>;

/** What a message says of what happened; null where it has no such thing. */
export const noticeDataSchema = z.object({
  model: z.string().nullable().default(null),
  version: z.int().min(1).nullable().default(null),
  variant: z.string().nullable().default(null),
  environment: z.string().nullable().default(null),
  /** The ledger's number for what an environment serves since then; of a review: of the champion that its report compares with. */
  generation: z.int().min(0).nullable().default(null),
  /** Of a run, a promotion or a webhook. */
  id: z.string().nullable().default(null),
  pipeline: z.string().nullable().default(null),
  /** Who did it; `pipeline` and `registry` where no person did. */
  by: z.string().nullable().default(null),
  reason: z.string().nullable().default(null),
});
export type NoticeData = z.infer<typeof noticeDataSchema>;

/** What an event of the outbox tells webhooks. */
export const noticeSchema = noticeDataSchema.extend({ kind: noticeKindSchema });
export type Notice = z.input<typeof noticeSchema>;

/** The body of a message. */
export const webhookMessageSchema = z
  .object({
    type: z.union([noticeKindSchema, z.literal('webhook.test')]),
    /** When it happened. */
    timestamp: timestampSchema,
    data: noticeDataSchema.extend({
      /** Where the registry's API tells more of it; null where nothing does. */
      link: z.url().nullable(),
    }),
  })
  .meta({ id: 'WebhookMessage' });
export type WebhookMessage = z.infer<typeof webhookMessageSchema>;

export const newWebhookSchema = z
  .strictObject({
    /** https, or http on this machine's loopback. */
    url: z.url().max(2000),
    /** What it is told of; none named: everything. */
    events: z
      .array(noticeKindSchema)
      .max(NOTICE_KINDS.length)
      .refine((kinds) => new Set(kinds).size === kinds.length, { error: 'each kind once' })
      .default([]),
  })
  .meta({ id: 'NewWebhook' });
export type NewWebhook = z.input<typeof newWebhookSchema>;

export const webhookSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    events: z.array(noticeKindSchema),
    createdAt: timestampSchema,
    createdBy: z.string(),
    /** Messages that are still to be delivered. */
    waiting: z.int().min(0),
    deliveredAt: timestampSchema.nullable(),
    /** While nothing gets through: since when, how often it was tried, when it is tried again, and what the last try ended in. */
    failing: z
      .object({ since: timestampSchema, tries: z.int().min(1), error: z.string(), retryAt: timestampSchema.nullable() })
      .nullable(),
    /** Nothing is sent any more until an admin enables it. */
    disabled: z.object({ at: timestampSchema, reason: z.string() }).nullable(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhookSchema>;

/** A webhook as it is made: the one time that its secret is told, by which its receiver knows that a message is the registry's. */
export const issuedWebhookSchema = webhookSchema
  .extend({ secret: z.string().startsWith('whsec_') })
  .meta({ id: 'IssuedWebhook' });
export type IssuedWebhook = z.infer<typeof issuedWebhookSchema>;

/** One message to one endpoint. */
export const webhookDeliverySchema = z
  .object({
    /** Of the event that it tells of. Later ones of the same endpoint have higher ones, in the order of commits. */
    event: z.int().min(1),
    /** What its receiver sees as `webhook-id`, however often it is sent. */
    messageId: z.string(),
    kind: noticeKindSchema,
    at: timestampSchema,
    state: z.enum(['waiting', 'delivered']),
    tries: z.int().min(0),
    /** Of the last answer; null where there was none. */
    status: z.int().nullable(),
    error: z.string().nullable(),
    deliveredAt: timestampSchema.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

/** What became of a message that was sent while somebody waits for it. */
export const webhookTestSchema = z
  .object({
    ok: z.boolean(),
    status: z.int().nullable(),
    error: z.string().nullable(),
    milliseconds: z.number().min(0),
  })
  .meta({ id: 'WebhookTest' });
export type WebhookTest = z.infer<typeof webhookTestSchema>;

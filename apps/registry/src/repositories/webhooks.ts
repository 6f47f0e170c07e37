/** Webhooks and their deliveries. What is due, and until when an endpoint is claimed, is judged by the database's clock. */
import {
  webhookDeliverySchema,
  webhookSchema,
  type NoticeKind,
  type Webhook,
  type WebhookDelivery,
} from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import { messageIdOf } from '../webhooks/sign.js';
import { isUuid, type Client } from './client.js';

/** An endpoint that this process alone delivers to for a while. */
export interface ClaimedWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: Uint8Array;
  /** Tries without success, one after the other. */
  readonly failures: number;
}

export interface WaitingMessage {
  readonly event: bigint;
  readonly kind: NoticeKind;
  readonly at: Date;
  readonly data: unknown;
}

/** What a failed try says of an endpoint. */
export interface FailedTry {
  readonly status: number | null;
  readonly error: string;
  readonly retryAfterMs: number;
  /** Without success for so long, it is given up. */
  readonly deadAfterDays: number;
  /** It said that it wants no more. */
  readonly isGone: boolean;
}

type WebhookRow = Prisma.WebhookGetPayload<object> & { waiting: bigint };
type DeliveryRow = Prisma.WebhookDeliveryGetPayload<object>;

const toWebhook = (row: WebhookRow): Webhook =>
  webhookSchema.parse({
    ...{ id: row.id, url: row.url, events: row.events, createdBy: row.createdBy, waiting: Number(row.waiting) },
    createdAt: row.createdAt.toISOString(),
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
    failing: row.failingSince && {
      ...{ since: row.failingSince.toISOString(), tries: row.failures, error: row.lastError },
      retryAt: row.disabledAt === null ? (row.retryAt?.toISOString() ?? null) : null,
    },
    disabled: row.disabledAt && { at: row.disabledAt.toISOString(), reason: row.disabledReason },
  });

const toDelivery = ({ event, at, deliveredAt, ...row }: DeliveryRow): WebhookDelivery =>
  webhookDeliverySchema.parse({
    ...row,
    ...{ event: Number(event), messageId: messageIdOf({ event, at }), at: at.toISOString() },
    deliveredAt: deliveredAt?.toISOString() ?? null,
  });

const { sql } = Prisma;
const COLUMNS = sql`
  w."id", w."url", w."events", w."created_at" AS "createdAt", w."created_by" AS "createdBy", w."delivered_at" AS "deliveredAt",
  w."failing_since" AS "failingSince", w."failures", w."last_error" AS "lastError", w."retry_at" AS "retryAt",
  w."disabled_at" AS "disabledAt", w."disabled_reason" AS "disabledReason",
  (SELECT count(*) FROM "webhook_delivery" d WHERE d."webhook_id" = w."id" AND d."state" = 'waiting') AS "waiting"`;

export const webhookRepository = (client: Client) => {
  const find = async (where: Prisma.Sql): Promise<Webhook | null> => {
    const rows = await client.$queryRaw<WebhookRow[]>(sql`SELECT ${COLUMNS} FROM "webhook" w WHERE ${where}`);
    return rows.map(toWebhook)[0] ?? null;
  };
  const get = async (id: string): Promise<Webhook | null> => (isUuid(id) ? find(sql`w."id" = ${id}::uuid`) : null);

  return {
    get,
    byUrl: (url: string): Promise<Webhook | null> => find(sql`w."url" = ${url}`),

    /** Oldest first. */
    list: async ({ after, limit }: PageAsk<{ at: string; id: string }>): Promise<Webhook[]> => {
      const later =
        after === null ? sql`true` : sql`(w."created_at", w."id") > (${after.at}::timestamptz, ${after.id}::uuid)`;
      const rows = await client.$queryRaw<WebhookRow[]>`
        SELECT ${COLUMNS} FROM "webhook" w WHERE ${later} ORDER BY w."created_at", w."id" LIMIT ${limit}`;
      return rows.map(toWebhook);
    },

    create: async (webhook: {
      url: string;
      events: readonly string[];
      secret: Uint8Array;
      by: string;
    }): Promise<string> => {
      const { url, events, secret, by } = webhook;
      const data = { url, events: [...events], secret: Uint8Array.from(secret), createdBy: by };
      return (await client.webhook.create({ data, select: { id: true } })).id;
    },

    /** With all that is still to be delivered to it. */
    remove: async (id: string): Promise<void> => {
      await client.webhook.deleteMany({ where: { id } });
    },

    /** What waits goes on from where it stood. */
    enable: async (id: string): Promise<void> => {
      await client.webhook.update({
        where: { id },
        data: {
          ...{ failures: 0, failingSince: null, lastError: null, retryAt: null },
          ...{ disabledAt: null, disabledReason: null },
        },
      });
    },

    /** What a message to it needs; null where it is gone. */
    secretOf: async (id: string): Promise<{ url: string; secret: Uint8Array } | null> =>
      client.webhook.findUnique({ where: { id }, select: { url: true, secret: true } }),

    /** Takes up to `limit` endpoints that messages wait for and that may be tried now, for so many seconds. */
    claim: async (limit: number, seconds: number): Promise<ClaimedWebhook[]> =>
      client.$queryRaw<ClaimedWebhook[]>`
        UPDATE "webhook" SET "claimed_until" = now() + make_interval(secs => ${seconds}::double precision)
        WHERE "id" IN (
          SELECT w."id" FROM "webhook" w
          WHERE w."disabled_at" IS NULL AND coalesce(w."claimed_until" < now(), true) AND coalesce(w."retry_at" <= now(), true)
            AND EXISTS (SELECT 1 FROM "webhook_delivery" d WHERE d."webhook_id" = w."id" AND d."state" = 'waiting')
          ORDER BY w."claimed_until" NULLS FIRST LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING "id", "url", "secret", "failures"`,

    /** Others may have it at once. */
    release: async (id: string): Promise<void> => {
      await client.$executeRaw`UPDATE "webhook" SET "claimed_until" = NULL WHERE "id" = ${id}::uuid`;
    },

    /** The oldest message that waits for it; null where none does, or it is gone. Holds the claim for so many seconds more. */
    nextWaiting: async (id: string, seconds: number): Promise<WaitingMessage | null> => {
      const held = await client.$executeRaw`
        UPDATE "webhook" SET "claimed_until" = now() + make_interval(secs => ${seconds}::double precision)
        WHERE "id" = ${id}::uuid AND "disabled_at" IS NULL`;
      if (held === 0) return null;
      const row = await client.webhookDelivery.findFirst({
        where: { webhookId: id, state: 'waiting' },
        orderBy: { event: 'asc' },
        select: { event: true, kind: true, at: true, data: true },
      });
      return row === null ? null : { ...row, kind: row.kind as NoticeKind };
    },

    markDelivered: async (id: string, event: bigint, status: number | null): Promise<void> => {
      await client.$executeRaw`
        UPDATE "webhook_delivery" SET "state" = 'delivered', "tries" = "tries" + 1, "status" = ${status}, "error" = NULL,
          "delivered_at" = now() WHERE "webhook_id" = ${id}::uuid AND "event" = ${event}`;
      await client.$executeRaw`
        UPDATE "webhook" SET "delivered_at" = now(), "failures" = 0, "failing_since" = NULL, "last_error" = NULL, "retry_at" = NULL
        WHERE "id" = ${id}::uuid`;
    },

    /** Answers why it was given up now; null where it is tried again. */
    markFailed: async (id: string, event: bigint, failed: FailedTry): Promise<string | null> => {
      const { status, error, retryAfterMs, deadAfterDays, isGone } = failed;
      await client.$executeRaw`
        UPDATE "webhook_delivery" SET "tries" = "tries" + 1, "status" = ${status}, "error" = ${error}
        WHERE "webhook_id" = ${id}::uuid AND "event" = ${event}`;
      const dead = `nothing got through for ${deadAfterDays} days: ${error}`;
      const reason = sql`CASE WHEN ${isGone}::boolean THEN ${error}::text
        WHEN "failing_since" <= now() - make_interval(secs => ${deadAfterDays * 86_400}::double precision) THEN ${dead}::text END`;
      const [row] = await client.$queryRaw<{ reason: string | null }[]>`
        UPDATE "webhook" SET "failures" = "failures" + 1, "failing_since" = coalesce("failing_since", now()), "last_error" = ${error},
          "retry_at" = now() + make_interval(secs => ${retryAfterMs / 1_000}::double precision), "claimed_until" = NULL,
          "disabled_reason" = ${reason}, "disabled_at" = CASE WHEN ${reason} IS NOT NULL THEN now() END
        WHERE "id" = ${id}::uuid AND "disabled_at" IS NULL RETURNING "disabled_reason" AS "reason"`;
      return row?.reason ?? null;
    },

    /** Newest first. */
    listDeliveries: async (id: string, { after, limit }: PageAsk<number>): Promise<WebhookDelivery[]> =>
      (
        await client.webhookDelivery.findMany({
          where: { webhookId: id, ...(after === null ? {} : { event: { lt: after } }) },
          orderBy: { event: 'desc' },
          take: limit,
        })
      ).map(toDelivery),

    /** Puts a message up again. Null where there is none of this event. */
    resend: async (id: string, event: number): Promise<WebhookDelivery | null> => {
      await client.webhookDelivery.updateMany({
        where: { webhookId: id, event },
        data: { state: 'waiting', deliveredAt: null },
      });
      await client.$executeRaw`UPDATE "webhook" SET "retry_at" = NULL WHERE "id" = ${id}::uuid`;
      const row = await client.webhookDelivery.findUnique({ where: { webhookId_event: { webhookId: id, event } } });
      return row === null ? null : toDelivery(row);
    },

    /** What was delivered more than a month ago goes. */
    prune: async (): Promise<void> => {
      await client.$executeRaw`DELETE FROM "webhook_delivery" WHERE "delivered_at" < now() - interval '30 days'`;
    },
  };
};

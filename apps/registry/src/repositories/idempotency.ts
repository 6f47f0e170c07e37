/** Requests that came with an Idempotency-Key, and what was answered. */
import type { Claim } from '../db/claims.js';
import { Prisma } from '../generated/prisma/client.js';
import type { KeptRequest } from '../rules/idempotency.js';
import type { Client } from './client.js';

/** How long a key stands for its request. */
const KEPT = Prisma.sql`interval '24 hours'`;
/** Longer than any request takes: after that, one without an answer was cut off. */
const LEASE = Prisma.sql`interval '2 minutes'`;
const MOST_OF_A_PRINCIPAL = 20_000;

const { sql } = Prisma;

export const idempotencyRepository = (client: Client) => ({
  /** Takes a key that is free: never sent, or not within 24 hours. Whether it was. */
  claim: async ({ principal, key, attempt }: Claim, fingerprint: Uint8Array): Promise<boolean> => {
    await client.$executeRaw`
      DELETE FROM "idempotency_key" WHERE "principal" = ${principal} AND "key" = ${key} AND "created_at" < now() - ${KEPT}`;
    const made = await client.$executeRaw`
      INSERT INTO "idempotency_key" ("principal", "key", "fingerprint", "attempt", "locked_until")
      VALUES (${principal}, ${key}, ${Uint8Array.from(fingerprint)}, ${attempt}::uuid, now() + ${LEASE}) ON CONFLICT DO NOTHING`;
    return made === 1;
  },

  /** Takes over from the same request that was cut off before it changed anything. Whether it did. */
  takeOver: async ({ principal, key, attempt }: Claim, fingerprint: Uint8Array): Promise<boolean> => {
    const taken = await client.$executeRaw`
      UPDATE "idempotency_key" SET "attempt" = ${attempt}::uuid, "locked_until" = now() + ${LEASE}
      WHERE ("principal", "key") IN (
        SELECT "principal", "key" FROM "idempotency_key" WHERE "principal" = ${principal} AND "key" = ${key}
          AND "fingerprint" = ${Uint8Array.from(fingerprint)} AND "status" IS NULL AND NOT "committed" AND "locked_until" < now()
        FOR UPDATE SKIP LOCKED)`;
    return taken === 1;
  },

  find: async ({ principal, key }: Claim, fingerprint: Uint8Array): Promise<KeptRequest | null> => {
    const [row] = await client.$queryRaw<KeptRequest[]>`
      SELECT "fingerprint" = ${Uint8Array.from(fingerprint)} AS "isSame", "committed", "locked_until" < now() AS "isOver", "status", "answer"
      FROM "idempotency_key" WHERE "principal" = ${principal} AND "key" = ${key}`;
    return row ?? null;
  },

  /** Within the transaction that acts. False where another try has taken over: then this one must not. */
  markCommitted: async ({ principal, key, attempt }: Claim): Promise<boolean> =>
    (await client.$executeRaw`
      UPDATE "idempotency_key" SET "committed" = true
      WHERE "principal" = ${principal} AND "key" = ${key} AND "attempt" = ${attempt}::uuid`) === 1,

  complete: async ({ principal, key, attempt }: Claim, status: number, answer: string | null): Promise<void> => {
    await client.$executeRaw`
      UPDATE "idempotency_key" SET "status" = ${status}::smallint, "answer" = ${answer}
      WHERE "principal" = ${principal} AND "key" = ${key} AND "attempt" = ${attempt}::uuid`;
  },

  /** Of a try that failed and changed nothing: the key is free. */
  release: async ({ principal, key, attempt }: Claim): Promise<void> => {
    await client.$executeRaw`
      DELETE FROM "idempotency_key"
      WHERE "principal" = ${principal} AND "key" = ${key} AND "attempt" = ${attempt}::uuid AND NOT "committed"`;
  },

  /** What is older than it is kept, and of each principal what is beyond the newest. */
  prune: async (): Promise<void> => {
    await client.$executeRaw`DELETE FROM "idempotency_key" WHERE "created_at" < now() - ${KEPT}`;
    if ((await client.idempotencyKey.count()) <= MOST_OF_A_PRINCIPAL) return;
    await client.$executeRaw(sql`
      DELETE FROM "idempotency_key" k USING (
        SELECT "principal", "key", row_number() OVER (PARTITION BY "principal" ORDER BY "created_at" DESC) AS place
        FROM "idempotency_key") ranked
      WHERE k."principal" = ranked."principal" AND k."key" = ranked."key" AND ranked.place > ${MOST_OF_A_PRINCIPAL}`);
  },
});

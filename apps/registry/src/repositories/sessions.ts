/** Sessions of people in a browser. One is live as long as the token that it was made with is, and no longer than its time. */
import { roleSchema, type Role } from '@graft/contracts';
import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.js';
import { isUuid, type Client } from './client.js';

const rowSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  role: roleSchema,
  state: z.enum(['live', 'expired', 'revoked']),
  expiresAt: z.date().transform((at) => at.toISOString()),
});
export type SessionRow = z.output<typeof rowSchema>;

export interface NewSessionRow {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly hours: number;
}

const { sql } = Prisma;
/** `revoked`: its token gives no right any more, for whatever reason. */
const COLUMNS = sql`
  "session"."id", "session"."name", "session"."role", "session"."expires_at" AS "expiresAt",
  CASE WHEN "session"."expires_at" <= now() THEN 'expired'
    WHEN "access_token"."revoked_at" IS NOT NULL OR "access_token"."expires_at" <= now() THEN 'revoked'
    ELSE 'live' END AS "state"`;

export const sessionRepository = (client: Client) => {
  const find = async (where: Prisma.Sql): Promise<SessionRow | null> => {
    const rows = await client.$queryRaw<unknown[]>(sql`
      SELECT /* prepared */ ${COLUMNS} FROM "session" JOIN "access_token" ON "access_token"."id" = "token_id" WHERE ${where}`);
    return rows.map((row) => rowSchema.parse(row))[0] ?? null;
  };
  return {
    /** Whatever its state. */
    byHash: (hash: Uint8Array): Promise<SessionRow | null> => find(sql`"session"."hash" = ${Uint8Array.from(hash)}`),

    isLive: async (id: string): Promise<boolean> =>
      isUuid(id) && (await find(sql`"session"."id" = ${id}::uuid`))?.state === 'live',

    create: async ({ tokenId, name, role, hash, hours }: NewSessionRow): Promise<{ expiresAt: string }> => {
      const [row] = await client.$queryRaw<{ expiresAt: Date }[]>`
        INSERT INTO "session" ("token_id", "name", "role", "hash", "expires_at")
        VALUES (${tokenId}::uuid, ${name}, ${role}, ${Uint8Array.from(hash)}, transaction_timestamp() + make_interval(secs => ${hours * 3600}::float8))
        RETURNING "expires_at" AS "expiresAt"`;
      if (row === undefined) throw new Error(`the session of ${name} was not kept`);
      return { expiresAt: row.expiresAt.toISOString() };
    },

    remove: async (id: string): Promise<void> => {
      await client.$executeRaw`DELETE FROM "session" WHERE "id" = ${id}::uuid`;
    },

    /** Those that ended long enough ago for nobody to wonder any more. */
    prune: async (): Promise<void> => {
      await client.$executeRaw`DELETE FROM "session" WHERE "expires_at" < now() - interval '7 days'`;
    },
  };
};

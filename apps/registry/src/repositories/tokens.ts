/** Access tokens. Whether one is live is judged by the database's clock. */
import { accessTokenSchema, type AccessToken, type NewToken, type Role } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { isUuid, type Client } from './client.js';

/** What a call came with: a token, or a session made by one. */
export interface TokenRow extends Pick<AccessToken, 'name' | 'role' | 'state' | 'expiresAt' | 'revoked'> {
  readonly id: string;
  readonly kind: AccessToken['kind'] | 'session';
}

interface Row {
  id: string;
  name: string;
  role: string;
  kind: string;
  state: string;
  createdAt: Date;
  createdBy: string | null;
  lastUsedOn: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  revokedBy: string | null;
}

const toToken = (row: Row): AccessToken & { id: string } => ({
  ...accessTokenSchema.parse({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revoked: row.revokedAt && { by: row.revokedBy, at: row.revokedAt.toISOString() },
  }),
  id: row.id,
});

const { sql } = Prisma;
const LIVE = sql`"revoked_at" IS NULL AND coalesce("expires_at" > now(), true)`;
const COLUMNS = sql`
  "id", "name", "role", "kind", "created_at" AS "createdAt", "created_by" AS "createdBy", "last_used_on"::text AS "lastUsedOn",
  "expires_at" AS "expiresAt", "revoked_at" AS "revokedAt", "revoked_by" AS "revokedBy",
  CASE WHEN "revoked_at" IS NOT NULL THEN 'revoked' WHEN "expires_at" <= now() THEN 'expired' ELSE 'live' END AS "state"`;

export const tokenRepository = (client: Client) => {
  const find = async (where: Prisma.Sql): Promise<(AccessToken & { id: string }) | null> => {
    const rows = await client.$queryRaw<Row[]>(
      sql`SELECT /* prepared */ ${COLUMNS} FROM "access_token" WHERE ${where}`,
    );
    return rows.map(toToken)[0] ?? null;
  };

  return {
    /** Whatever its state. */
    byHash: (hash: Uint8Array): Promise<(AccessToken & { id: string }) | null> =>
      find(sql`"hash" = ${Uint8Array.from(hash)}`),

    /** The one that holds the name; else the last that did. */
    byName: (name: string): Promise<(AccessToken & { id: string }) | null> =>
      find(sql`lower("name") = lower(${name}) ORDER BY "revoked_at" IS NULL DESC, "created_at" DESC LIMIT 1`),

    isLive: async (id: string): Promise<boolean> =>
      isUuid(id) && (await find(sql`"id" = ${id}::uuid AND ${LIVE}`)) !== null,

    names: async (): Promise<string[]> => {
      const rows = await client.$queryRaw<{ name: string }[]>`
        SELECT "name" FROM "access_token" WHERE ${LIVE} ORDER BY "name"`;
      return rows.map(({ name }) => name);
    },

    /** Notes the day; once a day, so that a call costs no write. */
    markUsed: async (id: string): Promise<void> => {
      await client.$executeRaw`
        UPDATE "access_token" SET "last_used_on" = (now() AT TIME ZONE 'UTC')::date
        WHERE "id" = ${id}::uuid AND "last_used_on" IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date`;
    },

    /** Gives a name of the stack this token and role, whatever it had before. */
    put: async ({ name, role, hash }: { name: string; role: Role; hash: Uint8Array }): Promise<void> => {
      const bytes = Uint8Array.from(hash);
      await client.$executeRaw`
        INSERT INTO "access_token" ("name", "role", "hash") VALUES (${name}, ${role}, ${bytes})
        ON CONFLICT (lower("name")) WHERE "revoked_at" IS NULL DO UPDATE SET "role" = ${role}, "hash" = ${bytes}
        WHERE "access_token"."hash" <> ${bytes} OR "access_token"."role" <> ${role}`;
    },

    /** Whether a moment is still to come. */
    isAhead: async (at: string): Promise<boolean> => {
      const [row] = await client.$queryRaw<{ ahead: boolean }[]>`SELECT ${at}::timestamptz > now() AS ahead`;
      return row?.ahead ?? false;
    },

    create: async (token: Required<NewToken> & { hash: Uint8Array; by: string }): Promise<AccessToken> => {
      const { name, role, expiresAt, hash, by } = token;
      const [row] = await client.$queryRaw<Row[]>`
        INSERT INTO "access_token" ("name", "role", "hash", "kind", "created_by", "expires_at")
        VALUES (${name}, ${role}, ${Uint8Array.from(hash)}, 'issued', ${by}, ${expiresAt}::timestamptz) RETURNING ${COLUMNS}`;
      if (row === undefined) throw new Error(`token ${name} was not kept`);
      return toToken(row);
    },

    revoke: async (id: string, by: string): Promise<void> => {
      await client.$executeRaw`
        UPDATE "access_token" SET "revoked_at" = now(), "revoked_by" = ${by} WHERE "id" = ${id}::uuid AND "revoked_at" IS NULL`;
    },

    /** Newest first. */
    list: async ({ after, limit }: PageAsk<MomentKey>): Promise<(AccessToken & { id: string })[]> => {
      const where =
        after === null ? sql`true` : sql`("created_at", "id") < (${after.at}::timestamptz, ${after.id}::uuid)`;
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${COLUMNS} FROM "access_token" WHERE ${where} ORDER BY "created_at" DESC, "id" DESC LIMIT ${limit}`;
      return rows.map(toToken);
    },
  };
};

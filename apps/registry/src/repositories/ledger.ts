import { canonicalJson, ledgerEntrySchema, type LedgerEntry } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { Client } from './client.js';

const bodySchema = ledgerEntrySchema.omit({ hash: true, previousHash: true });

type StoredEntry = Pick<Prisma.LedgerGetPayload<object>, 'body' | 'hash' | 'prev'>;

const toEntry = (row: StoredEntry): LedgerEntry =>
  ledgerEntrySchema.parse({
    ...(JSON.parse(row.body) as object),
    hash: Buffer.from(row.hash).toString('hex'),
    previousHash: row.prev.length === 0 ? null : Buffer.from(row.prev).toString('hex'),
  });

/** Of a row in the ledgers of one model. */
export type LedgerPlace = Pick<LedgerEntry, 'environment' | 'generation'>;

export type LedgerStamp = Pick<LedgerEntry, 'epoch' | 'at'>;

export const ledgerRepository = (client: Client) => ({
  /** Taken first by whoever is about to write: until the transaction ends, nobody else does, for this model there. */
  lock: async (model: string, environment: string): Promise<void> => {
    await client.$executeRaw`SELECT lock_ledger(${model}, ${environment})`;
  },

  /** What a row of this transaction says of when it was written: the transaction's time, by the database's clock. */
  stamp: async (): Promise<LedgerStamp> => {
    const [row] = await client.$queryRaw<{ epoch: number; at: Date }[]>`
      SELECT /* prepared */ "value" AS "epoch", now()::timestamptz(3) AS "at" FROM "epoch" WHERE "id" = 1`;
    if (row === undefined) throw new Error('the database has no epoch');
    return { epoch: row.epoch, at: row.at.toISOString() };
  },

  /** The trigger checks epoch and generation, and writes the hashes. */
  append: async (entry: Omit<LedgerEntry, 'hash' | 'previousHash'>): Promise<LedgerEntry> => {
    // By its schema: a field that isn't the entry's would be hashed here, and be missing where the hash is checked.
    const body = canonicalJson(bodySchema.parse(entry));
    const { model, environment, generation, epoch, action, version } = entry;
    const [written] = await client.$queryRaw<StoredEntry[]>`
      INSERT /* prepared */ INTO "ledger" ("model", "environment", "generation", "epoch", "action", "version", "body")
      VALUES (${model}, ${environment}, ${generation}, ${epoch}, ${action}, ${version}, ${body}) RETURNING "body", "hash", "prev"`;
    if (written === undefined) throw new Error(`generation ${generation} of ${model} was not written`);
    return toEntry(written);
  },

  /** Whether a version was ever what served, in any environment. */
  hasServed: async (model: string, version: number): Promise<boolean> =>
    (await client.ledger.findFirst({ where: { model, version }, select: { generation: true } })) !== null,

  /** All that was decided of a model in an environment, oldest first; without the hashes, which the rows are long by. */
  history: async (model: string, environment: string): Promise<Omit<LedgerEntry, 'hash' | 'previousHash'>[]> => {
    const rows = await client.$queryRaw<{ body: string }[]>`
      SELECT /* prepared */ "body" FROM "ledger" WHERE "model" = ${model} AND "environment" = ${environment} ORDER BY "generation"`;
    return rows.map(({ body }) => bodySchema.parse(JSON.parse(body)));
  },

  /** By environment, newest first. */
  list: async (
    filter: { model: string; environment?: string; limit?: number },
    after: LedgerPlace | null = null,
  ): Promise<LedgerEntry[]> => {
    const { limit, ...where } = filter;
    const later =
      after === null
        ? {}
        : {
            OR: [
              { environment: { gt: after.environment } },
              { environment: after.environment, generation: { lt: after.generation } },
            ],
          };
    const rows = await client.ledger.findMany({
      where: { AND: [where, later] },
      orderBy: [{ environment: 'asc' }, { generation: 'desc' }],
      ...(limit === undefined ? {} : { take: limit }),
    });
    return rows.map(toEntry);
  },
});

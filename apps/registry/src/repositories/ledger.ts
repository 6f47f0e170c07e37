import { canonicalJson, ledgerEntrySchema, type LedgerEntry } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { Client } from './client.js';

const bodySchema = ledgerEntrySchema.omit({ hash: true, previousHash: true });

const toEntry = (row: Prisma.LedgerGetPayload<object>): LedgerEntry =>
  ledgerEntrySchema.parse({
    ...(JSON.parse(row.body) as object),
    hash: Buffer.from(row.hash).toString('hex'),
    previousHash: row.prev.length === 0 ? null : Buffer.from(row.prev).toString('hex'),
  });

type LedgerKey = Pick<LedgerEntry, 'model' | 'environment' | 'generation'>;
/** Of a row in the ledgers of one model. */
export type LedgerPlace = Pick<LedgerEntry, 'environment' | 'generation'>;

export const ledgerRepository = (client: Client) => ({
  /** Taken first by whoever is about to write: until the transaction ends, nobody else does, for this model there. */
  lock: async (model: string, environment: string): Promise<void> => {
    await client.$executeRaw`SELECT lock_ledger(${model}, ${environment})`;
  },

  /** The trigger checks the generation and writes the hashes; the time is the transaction's, by the database's clock. */
  append: async (entry: Omit<LedgerEntry, 'hash' | 'previousHash' | 'at'>): Promise<LedgerEntry> => {
    const [clock] = await client.$queryRaw<{ now: Date }[]>`SELECT now()::timestamptz(3) AS now`;
    // By its schema: a field that isn't the entry's would be hashed here, and be missing where the hash is checked.
    const body = canonicalJson(bodySchema.parse({ ...entry, at: clock?.now.toISOString() }));
    const { model, environment, generation, epoch, action, version } = entry;
    return toEntry(
      await client.ledger.create({ data: { model, environment, generation, epoch, action, version, body } }),
    );
  },

  /** Those of these generations that there are, in no order, each under the name that its model has now. */
  find: async (keys: readonly LedgerKey[]): Promise<(LedgerKey & { entry: LedgerEntry })[]> => {
    if (keys.length === 0) return [];
    const OR = keys.map(({ model, environment, generation }) => ({ model, environment, generation }));
    const rows = await client.ledger.findMany({ where: { OR } });
    return rows.map((row) => ({
      ...{ model: row.model, environment: row.environment, generation: row.generation },
      entry: toEntry(row),
    }));
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

import { erasureSchema, type Digest, type Erasure } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import type { Client } from './client.js';

export interface ErasureKey {
  readonly at: string;
  readonly digest: Digest;
}

const toErasure = ({ at, ...row }: Prisma.ErasureGetPayload<object>): Erasure =>
  erasureSchema.parse({ ...row, at: at.toISOString() });

export const erasureRepository = (client: Client) => ({
  get: async (digest: Digest): Promise<Erasure | null> => {
    const row = await client.erasure.findUnique({ where: { digest } });
    return row === null ? null : toErasure(row);
  },

  /** Those of some digests that were erased. */
  among: async (digests: readonly Digest[]): Promise<ReadonlySet<Digest>> => {
    const rows = await client.erasure.findMany({
      where: { digest: { in: [...new Set(digests)] } },
      select: { digest: true },
    });
    return new Set(rows.map(({ digest }) => digest));
  },

  create: async ({ referrers, ...erasure }: Omit<Erasure, 'at'>): Promise<Erasure> =>
    toErasure(await client.erasure.create({ data: { ...erasure, referrers: [...referrers] } })),

  /** Newest first. */
  list: async ({ after, limit }: PageAsk<ErasureKey>): Promise<Erasure[]> => {
    const at = after === null ? null : new Date(after.at);
    const where =
      after === null || at === null ? {} : { OR: [{ at: { lt: at } }, { at, digest: { lt: after.digest } }] };
    const rows = await client.erasure.findMany({ where, orderBy: [{ at: 'desc' }, { digest: 'desc' }], take: limit });
    return rows.map(toErasure);
  },
});

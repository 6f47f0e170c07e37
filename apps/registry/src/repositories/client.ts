/** What a repository works on: the client, or one of its transactions. */
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';

export type Client = PrismaClient | Prisma.TransactionClient;

/** A parsed document as Prisma takes JSON. Parsing has left nothing in it but JSON. */
export const toJson = (value: object): Prisma.InputJsonObject => value as Prisma.InputJsonObject;

interface MomentWhere {
  createdAt: Date | { lt: Date };
  id?: { lt: string };
}

/** For `where`: what comes after a page of rows by `createdAt` and `id`, newest first. */
export const olderThan = (page: PageAsk<MomentKey> | undefined): { OR?: MomentWhere[] } => {
  if (page?.after == null) return {};
  const { at, id } = page.after;
  return { OR: [{ createdAt: { lt: new Date(at) } }, { createdAt: new Date(at), id: { lt: id } }] };
};

/** For `findMany`: all rows where no page is asked for. */
export const takeOf = (page: { readonly limit: number } | undefined): { take?: number } =>
  page === undefined ? {} : { take: page.limit };

/** Ids of runs and promotions are UUIDs; PostgreSQL refuses to compare one with anything else. */
export const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

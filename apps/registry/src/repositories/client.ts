/** What a repository works on: the client, or one of its transactions. */
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';

export type Client = PrismaClient | Prisma.TransactionClient;

/** A parsed document as Prisma takes JSON. Parsing has left nothing in it but JSON. */
export const toJson = (value: object): Prisma.InputJsonObject => value as Prisma.InputJsonObject;

/** Ids of runs and promotions are UUIDs; PostgreSQL refuses to compare one with anything else. */
export const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

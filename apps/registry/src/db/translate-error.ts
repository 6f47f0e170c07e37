/** Prisma's and PostgreSQL's errors as ours: nothing above the repositories sees P2002. */
import { AppError } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';

/** Prisma's codes for a database that can't be reached, is too busy, or hung up. */
const UNREACHABLE = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
/** Those of pg and of the system, for what passes Prisma by. */
const UNREACHABLE_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', '57P01', '57P02', '57P03']);

/** A deadlock or a row that moved under the transaction: all of it may be tried again. */
export const isTransient = (thrown: unknown): boolean =>
  thrown instanceof Prisma.PrismaClientKnownRequestError && thrown.code === 'P2034';

const unavailable = (cause: unknown): AppError =>
  new AppError('unavailable', "the registry's database can't be reached; the registry goes on trying", { cause });

const codeOf = (thrown: unknown): string | undefined =>
  thrown !== null && typeof thrown === 'object' && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;

export const translateError = (thrown: unknown): unknown => {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Prisma.PrismaClientKnownRequestError) {
    const { code, meta } = thrown;
    const details = { model: meta?.['modelName'] };
    if (UNREACHABLE.has(code)) return unavailable(thrown);
    if (code === 'P2002') return new AppError('conflict', 'it is there already', { details, cause: thrown });
    if (code === 'P2025') return new AppError('not_found', 'it is not there', { details, cause: thrown });
    if (code === 'P2003') {
      return new AppError('not_found', 'it refers to something that is not there', { details, cause: thrown });
    }
    if (code === 'P2034') {
      return new AppError('conflict', 'somebody else changed it at the same moment', { details, cause: thrown });
    }
    return thrown;
  }
  if (thrown instanceof Prisma.PrismaClientInitializationError) return unavailable(thrown);
  const code = codeOf(thrown);
  const message = thrown instanceof Error ? thrown.message : '';
  const isCut = (code !== undefined && UNREACHABLE_SYSTEM.has(code)) || /Connection terminated/.test(message);
  return isCut ? unavailable(thrown) : thrown;
};

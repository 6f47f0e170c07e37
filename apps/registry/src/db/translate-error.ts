/** Prisma's and PostgreSQL's errors as ours: nothing above the repositories sees P2002. */
import { AppError, type ErrorCode } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';

/** Prisma's codes for a database that can't be reached, is too busy, or hung up. */
const UNREACHABLE = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
/** Those of pg and of the system, for what passes Prisma by. */
const UNREACHABLE_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', '57P01', '57P02', '57P03']);
/** What Prisma's driver adapter calls the same: all that a raw query tells. */
const UNREACHABLE_KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);

const TRANSLATIONS: Readonly<Record<string, [ErrorCode, string]>> = {
  P2002: ['conflict', 'it is there already'],
  P2003: ['not_found', 'it refers to something that is not there'],
  P2020: ['invalid_request', 'a number is out of range: whole numbers go up to 2147483647 here'],
  P2025: ['not_found', 'it is not there'],
  P2034: ['conflict', 'somebody else changed it at the same moment'],
};

const unavailable = (cause: unknown): AppError =>
  new AppError('unavailable', "the registry's database can't be reached; the registry goes on trying", { cause });

const property = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined;

const driverError = (thrown: unknown): unknown =>
  property(property(property(thrown, 'meta'), 'driverAdapterError'), 'cause') ?? property(thrown, 'cause');

/** PostgreSQL's or the system's code, from wherever Prisma has put it. */
const systemCode = (thrown: unknown): string | undefined => {
  const driver = driverError(thrown);
  const code = property(driver, 'originalCode') ?? property(driver, 'code') ?? property(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
};

/** A deadlock or a row that moved under the transaction: all of it may be tried again. */
export const isTransient = (thrown: unknown): boolean =>
  thrown instanceof Prisma.PrismaClientKnownRequestError &&
  (thrown.code === 'P2034' || property(driverError(thrown), 'kind') === 'TransactionWriteConflict');

/** PostgreSQL's code of a number that doesn't fit, which is all that a raw query tells. */
const isOutOfRange = (thrown: unknown): boolean =>
  systemCode(thrown) === '22003' || property(driverError(thrown), 'kind') === 'ValueOutOfRange';

/** Whether the connection was cut under the query, or never was. */
const isCut = (thrown: unknown): boolean => {
  const code = systemCode(thrown);
  const message = property(thrown, 'message');
  const kind = property(driverError(thrown), 'kind');
  return (
    (typeof kind === 'string' && UNREACHABLE_KINDS.has(kind)) ||
    (code !== undefined && (UNREACHABLE.has(code) || UNREACHABLE_SYSTEM.has(code))) ||
    (typeof message === 'string' && /Connection terminated|server closed the connection/i.test(message))
  );
};

export const translateError = (thrown: unknown): unknown => {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Prisma.PrismaClientInitializationError || isCut(thrown)) return unavailable(thrown);
  if (!(thrown instanceof Prisma.PrismaClientKnownRequestError)) return thrown;
  const { code, meta } = thrown;
  if (UNREACHABLE.has(code)) return unavailable(thrown);
  const translation = TRANSLATIONS[isTransient(thrown) ? 'P2034' : isOutOfRange(thrown) ? 'P2020' : code];
  if (translation === undefined) return thrown;
  return new AppError(...translation, { details: { model: meta?.['modelName'] }, cause: thrown });
};

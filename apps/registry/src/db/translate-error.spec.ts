import { AppError } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { Prisma } from '../generated/prisma/client.js';
import { isTransient, translateError } from './translate-error.js';

/** As Prisma tells of a raw query that failed: the code is always this one, the driver's error says why. */
const rawFailure = (cause: object): Error =>
  new Prisma.PrismaClientKnownRequestError('Raw query failed.', {
    ...{ code: 'P2010', clientVersion: '7' },
    meta: { driverAdapterError: { name: 'DriverAdapterError', cause } },
  });
const codeOf = (thrown: unknown): unknown => {
  const translated = translateError(thrown);
  return translated instanceof AppError ? translated.code : translated;
};

describe("an error of the database's client", () => {
  it.each([
    { kind: 'DatabaseNotReachable', host: '127.0.0.1', port: 5432 },
    { kind: 'ConnectionClosed' },
    { kind: 'SocketTimeout' },
    { kind: 'TooManyConnections', cause: 'sorry, too many clients already' },
    { kind: 'postgres', originalCode: '57P03', message: 'the database system is starting up' },
    { kind: 'postgres', originalCode: '57P01', message: 'terminating connection due to administrator command' },
  ])('of a raw query says that the database is away: %j', (cause) => {
    expect(codeOf(rawFailure(cause))).toBe('unavailable');
  });

  it('is the same where the connection breaks under a query, by whatever name', () => {
    expect(codeOf(new Error('Connection terminated unexpectedly'))).toBe('unavailable');
    expect(codeOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe('unavailable');
  });

  it('is the caller’s where a number is larger than any that is kept', () => {
    expect(codeOf(rawFailure({ kind: 'ValueOutOfRange', originalCode: '22003' }))).toBe('invalid_request');
    const large = new Prisma.PrismaClientKnownRequestError('Value out of range', { code: 'P2020', clientVersion: '7' });
    expect(codeOf(large)).toBe('invalid_request');
  });

  it('stays a defect where it is one', () => {
    const defect = rawFailure({ kind: 'postgres', originalCode: '42601', message: 'syntax error' });
    expect(codeOf(defect)).toBe(defect);
    expect(isTransient(defect)).toBe(false);
  });

  it('may be tried again after a lost race, whether the query was raw or not', () => {
    const raw = rawFailure({ kind: 'TransactionWriteConflict', originalCode: '40P01' });
    expect(isTransient(raw)).toBe(true);
    expect(codeOf(raw)).toBe('conflict');
    const lost = new Prisma.PrismaClientKnownRequestError('deadlock', { code: 'P2034', clientVersion: '7' });
    expect(isTransient(lost)).toBe(true);
    expect(codeOf(lost)).toBe('conflict');
  });
});

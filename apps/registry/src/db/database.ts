/** The database as services see it: repositories, and transactions whose events go out with their commit. */
import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '@graft/platform';
import { AppError, type Notice, type RegistryEvent } from '@graft/contracts';
import pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.js';
import { createRepositories, type Repositories } from '../repositories/index.js';
import { presentClaim, type Claim } from './claims.js';
import { nameStatements } from './name-statements.js';
import { isTransient, translateError } from './translate-error.js';

export interface NewEvent extends Pick<RegistryEvent, 'kind' | 'subject' | 'environment'> {
  /** What webhooks are told of it; absent: nothing. */
  readonly notice?: Notice;
}

export interface Transaction extends Repositories {
  /** Goes out when, and only when, the transaction commits. */
  emit(event: NewEvent): void;
}

export interface Database extends Repositories {
  /** All of it or none. Tried again, from the start, when it lost a race with another. */
  transaction<T>(act: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const ATTEMPTS = 4;
const STATEMENT_TIMEOUT_MS = 15_000;
/** A connection that is new costs milliseconds, and has prepared no statement: one that rests is kept for a while. */
const IDLE_TIMEOUT_MS = 5 * 60_000;

/** Each method, with vendor errors translated on its way out. */
const translated = <T extends object>(target: T): T =>
  Object.fromEntries(
    Object.entries(target).map(([name, value]) => {
      if (typeof value !== 'function') return [name, translated(value as object)];
      const method = value as (...args: unknown[]) => Promise<unknown>;
      return [
        name,
        async (...args: unknown[]) => {
          try {
            return await method(...args);
          } catch (thrown) {
            throw translateError(thrown);
          }
        },
      ];
    }),
  ) as T;

export const connectDatabase = ({ url, logger }: { url: string; logger: Logger }): Database => {
  const pool = new pg.Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'graft-registry',
  });
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    statementNameGenerator: nameStatements(),
    onPoolError: (err) => logger.warn({ err }, 'database: an idle connection broke'),
  });
  const prisma = new PrismaClient({
    adapter,
    transactionOptions: { maxWait: 5_000, timeout: STATEMENT_TIMEOUT_MS },
  });

  const attempt = <T>(act: (tx: Transaction) => Promise<T>, claim: Claim | undefined): Promise<T> =>
    prisma.$transaction(async (client) => {
      const repositories = createRepositories(client);
      const events: NewEvent[] = [];
      const result = await act({ ...repositories, emit: (event) => void events.push(event) });
      if (claim !== undefined && !(await repositories.idempotency.markCommitted(claim))) {
        throw new AppError('conflict', `the request under "${claim.key}" took too long, and another has taken it over`);
      }
      // Last of all: an event's id is drawn under a lock that is held until the commit.
      if (events.length > 0) await repositories.events.append(events);
      return result;
    });

  return {
    ...translated(createRepositories(prisma)),
    transaction: async (act) => {
      const claim = presentClaim();
      for (let count = 1; ; count += 1) {
        try {
          return await attempt(act, claim);
        } catch (thrown) {
          if (!isTransient(thrown) || count >= ATTEMPTS) throw translateError(thrown);
        }
      }
    },
    close: () => prisma.$disconnect(),
  };
};

/** A registry of parts given: what `main` runs, and what tests start on a database of their own. */
import type { AddressInfo } from 'node:net';
import type { ObjectStore } from '@graft/artifacts';
import { AppError, type Links, type Role } from '@graft/contracts';
import { createMetrics, type Logger } from '@graft/platform';
import { connectDatabase, type Database } from './db/database.js';
import { startClockwork } from './clockwork.js';
import { createEventFeed } from './events/event-feed.js';
import { createApp } from './http/create-app.js';
import type { CatalogueOptions } from './services/catalogue-options.js';
import { createServices } from './services/index.js';
import { createRefusalLog } from './services/refusals.js';
import { hashToken } from './services/tokens.js';
import type { LandingUploads } from './services/uploads.js';
import { DELIVERY_SETTINGS, startDeliverer, type DeliverySettings } from './webhooks/deliverer.js';
import { createSender } from './webhooks/send.js';

export interface TokenSeed {
  /** The name that the ledger will show. */
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

export interface RegistryOptions {
  readonly databaseUrl: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Put into the database before the first request; what it holds under these names is replaced. */
  readonly tokens: readonly TokenSeed[];
  readonly logger: Logger;
  /** The artifacts bucket, whose documents and images it shows; default: it shows none. */
  readonly artifacts?: ObjectStore | undefined;
  /** The landing zone that upload addresses are given out for; default: none are. */
  readonly uploads?: LandingUploads | undefined;
  /** What MLflow's API tells of where artifacts are, and how long it waits; default: it knows no bucket. */
  readonly catalogue?: CatalogueOptions | undefined;
  /** The folder that the console was built to; default: it is not served. */
  readonly consoleFolder?: string | undefined;
  /** Where people and receivers of webhooks reach it, for links; default: where it listens. */
  readonly publicUrl?: string | undefined;
  /** Where else people look; default: nowhere. */
  readonly links?: Links | undefined;
  /** How webhooks are tried; default: DELIVERY_SETTINGS. */
  readonly deliveries?: Partial<DeliverySettings> | undefined;
}

export interface RunningRegistry {
  readonly url: string;
  readonly port: number;
  /** Ends streams, lets requests finish, then lets go of the database. */
  close(): Promise<void>;
}

const PRUNE_EVERY_MS = 3_600_000;
const PRUNE_KEYS_EVERY_MS = 60_000;
/** How long a canary that is worse goes on after it is known to be. */
const TRIALS_EVERY_MS = 1_000;
/** Reminders come by the day, expiry by the month: a minute late is in time. */
const REVIEWS_EVERY_MS = 60_000;

export const isLoopbackHost = (host: string): boolean => /^(127(\.\d+){3}|::1|\[::1\]|localhost)$/.test(host);

const seedTokens = async (db: Database, tokens: readonly TokenSeed[]): Promise<void> => {
  if (new Set(tokens.map(({ token }) => token)).size !== tokens.length) {
    throw new AppError(
      'missing_prerequisite',
      'two of the tokens of the registry are the same: each role needs its own',
    );
  }
  for (const { name, role, token } of tokens) await db.tokens.put({ name, role, hash: hashToken(token) });
};

/**
 * Starts it and resolves once it listens.
 * @throws AppError `missing_prerequisite` (tokens), `unavailable` (the database, a taken port).
 */
export const startRegistry = async (options: RegistryOptions): Promise<RunningRegistry> => {
  const { databaseUrl, host, port, tokens, logger, artifacts, uploads, catalogue, consoleFolder = null } = options;
  const deliveries = { ...DELIVERY_SETTINGS, ...options.deliveries };
  const trustActor = isLoopbackHost(host);
  if (!trustActor && tokens.length === 0) {
    throw new AppError(
      'missing_prerequisite',
      `the registry does not listen on ${host} without tokens: set GRAFT_ADMIN_TOKEN, GRAFT_SERVICE_TOKEN and GRAFT_SERVING_TOKEN`,
    );
  }
  const db = connectDatabase({ url: databaseUrl, logger });
  const feed = createEventFeed({ url: databaseUrl, db, logger });
  const refusals = createRefusalLog({ db, logger });
  const release = async (): Promise<void> => {
    await feed.close();
    await refusals.close();
    await db.close();
  };
  try {
    await db.events.ping();
    await seedTokens(db, tokens);
    const send = createSender(deliveries);
    const services = createServices(db, { artifacts, uploads, catalogue, send });
    const metrics = createMetrics({ service: 'registry' });
    const app = await createApp({
      ...{ db, services, feed, refusals, consoleFolder, logger, metrics, trustActor },
      uploadOrigin: uploads?.signer.origin ?? null,
      links: options.links ?? { workflows: null },
    });
    await app.listen({ host, port });
    const prune = (): void => {
      Promise.all([db.events.prune(), db.replicas.prune(), db.webhooks.prune(), db.sessions.prune()]).catch(
        (err: unknown) => logger.warn({ err }, 'registry: pruning failed'),
      );
    };
    prune();
    const pruning = setInterval(prune, PRUNE_EVERY_MS);
    const reviews = startClockwork({
      what: 'review times',
      everyMs: REVIEWS_EVERY_MS,
      turn: async () => {
        const { reminded, expired } = await services.tickReviews();
        if (reminded.length + expired.length > 0) logger.info({ reminded, expired }, 'registry: reviews told of');
      },
      logger,
    });
    const trials = startClockwork({
      what: 'trials',
      everyMs: TRIALS_EVERY_MS,
      turn: () => services.tickTrials(),
      logger,
    });
    const keys = startClockwork({
      what: 'idempotency keys',
      everyMs: PRUNE_KEYS_EVERY_MS,
      turn: () => db.idempotency.prune(),
      logger,
    });
    const bound = (app.server.address() as AddressInfo).port;
    const url = `http://${host.includes(':') ? `[${host.replaceAll(/[[\]]/g, '')}]` : host}:${bound}`;
    const apiUrl = (options.publicUrl ?? url).replace(/\/+$/, '');
    const deliverer = startDeliverer({ db, feed, send, settings: deliveries, apiUrl, logger });
    logger.info({ url }, 'registry: listening');
    return {
      url,
      port: bound,
      close: async () => {
        clearInterval(pruning);
        await Promise.all([reviews.close(), trials.close(), keys.close(), deliverer.close()]);
        await app.close();
        await release();
      },
    };
  } catch (thrown) {
    await release();
    throw thrown;
  }
};

/**
 * Delivers what waits: to each endpoint one message after the other, in the order of commits, each until it is taken; to several of them
 * side by side. Nothing is remembered here: whoever is killed leaves a claim that runs out, and messages that still wait. So a message
 * comes at least once, and a receiver knows one that it has had by its id.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@graft/platform';
import type { Database } from '../db/database.js';
import type { EventFeed } from '../events/event-feed.js';
import type { ClaimedWebhook, WaitingMessage } from '../repositories/webhooks.js';
import { toMessage } from './message.js';
import type { Outcome, Send } from './send.js';
import { messageIdOf } from './sign.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export interface DeliverySettings {
  /** Milliseconds of one try; default 15 s. */
  readonly timeoutMs: number;
  /** Milliseconds until the next try, after the first failure, the second…; the last of them from then on. */
  readonly backoffMs: readonly number[];
  /** An endpoint that takes nothing for so long is disabled; default 5. */
  readonly deadAfterDays: number;
  /** Milliseconds between two looks for what waits, without an event; default 1 s. */
  readonly pollMs: number;
}

export const DELIVERY_SETTINGS: DeliverySettings = {
  timeoutMs: 15 * SECOND,
  backoffMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR],
  deadAfterDays: 5,
  pollMs: SECOND,
};

/** Endpoints that are delivered to side by side. */
const MOST_AT_ONCE = 16;
/** What a receiver answers that wants no more (RFC 9110, 15.5.11). */
const GONE = 410;

export interface DelivererOptions {
  readonly db: Database;
  readonly feed: Pick<EventFeed, 'onMessages'>;
  readonly send: Send;
  readonly settings: DeliverySettings;
  /** Where the registry answers, for the links of messages. */
  readonly apiUrl: string;
  readonly logger: Logger;
}

export interface Deliverer {
  /** Breaks off what is being sent, which is sent again by whoever comes next. */
  close(): Promise<void>;
}

/** Up to a tenth more, so that receivers which failed together aren't tried together ever after. */
const withJitter = (ms: number): number => ms * (1 + Math.random() / 10);

export const startDeliverer = (options: DelivererOptions): Deliverer => {
  const { db, feed, send, settings, apiUrl, logger } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const underWay = new Set<Promise<void>>();
  const claimSeconds = (2 * settings.timeoutMs) / SECOND + 15;
  let wake = (): void => undefined;

  const noteFailure = async (
    endpoint: ClaimedWebhook,
    event: bigint,
    failures: number,
    outcome: Outcome,
  ): Promise<void> => {
    const { status, error } = outcome;
    const pause = settings.backoffMs[Math.min(failures, settings.backoffMs.length - 1)] ?? HOUR;
    const failed = { status, error: error ?? '', retryAfterMs: withJitter(pause), isGone: status === GONE };
    const { id } = endpoint;
    const { deadAfterDays } = settings;
    const reason = await db.transaction(async (tx) => {
      const givenUp = await tx.webhooks.markFailed(id, event, { ...failed, deadAfterDays });
      if (givenUp !== null) {
        const notice = { kind: 'webhook.disabled', id, by: 'registry', reason: givenUp } as const;
        tx.emit({ kind: 'webhook', subject: id, environment: null, notice });
      }
      return givenUp;
    });
    const about = { webhook: id, host: new URL(endpoint.url).host, event: Number(event), status, error };
    if (reason === null) logger.warn({ ...about, tries: failures + 1 }, 'webhook: not delivered, it is tried again');
    else logger.error({ ...about, reason }, 'webhook: disabled');
  };

  const deliver = async (endpoint: ClaimedWebhook, { event, kind, at, data }: WaitingMessage): Promise<Outcome> => {
    const { url, secret } = endpoint;
    const message = toMessage({ kind, at, data }, apiUrl);
    return send({ url, secret, id: messageIdOf({ event, at }), message }, signal);
  };

  /** Until nothing waits for it any more, or a message isn't taken. */
  const serve = async (endpoint: ClaimedWebhook): Promise<void> => {
    while (!signal.aborted) {
      const next = await db.webhooks.nextWaiting(endpoint.id, claimSeconds);
      if (next === null) break;
      const outcome = await deliver(endpoint, next);
      // Broken off by our own end: that says nothing of the receiver.
      if (outcome.error !== null && signal.aborted) break;
      if (outcome.error !== null) return noteFailure(endpoint, next.event, endpoint.failures, outcome);
      await db.transaction((tx) => tx.webhooks.markDelivered(endpoint.id, next.event, outcome.status));
      endpoint = { ...endpoint, failures: 0 };
    }
    await db.webhooks.release(endpoint.id);
  };

  const look = async (): Promise<void> => {
    if (underWay.size >= MOST_AT_ONCE) return;
    for (const endpoint of await db.webhooks.claim(MOST_AT_ONCE - underWay.size, claimSeconds)) {
      const work = serve(endpoint)
        .catch((err: unknown) => logger.warn({ err, webhook: endpoint.id }, 'webhook: broken off; its claim runs out'))
        .finally(() => {
          underWay.delete(work);
          wake();
        });
      underWay.add(work);
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await look().catch((err: unknown) => logger.warn({ err }, 'webhook: what waits could not be read'));
      const timer = new AbortController();
      const pause = sleep(settings.pollMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) });
      await Promise.race([woken, pause.catch(() => undefined)]);
      timer.abort();
    }
  };

  feed.onMessages(() => wake());
  const running = run();
  return {
    close: async () => {
      stopping.abort();
      await running;
      await Promise.all(underWay);
    },
  };
};

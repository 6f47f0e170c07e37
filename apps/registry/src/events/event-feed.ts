/** The event stream of this process: notices wake its readers, each of which then reads on from where it stands. */
import type { RegistryEvent } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Database } from '../db/database.js';
import { deploymentService } from '../services/deployments.js';
import { listen } from './listen.js';
import { createTail } from './tail.js';

/** A notice can be lost; nobody then waits longer than this. */
const POLL_MS = 2_000;
const BATCH = 500;

export interface EventFeed {
  /** Where the stream ends now. */
  latestId(): Promise<number>;
  /** Every event after an id, in the order of commits, until the signal aborts or the feed closes. */
  follow(after: number, signal: AbortSignal): AsyncIterable<RegistryEvent>;
  /** Calls back when messages wait for webhooks, and when that may have been missed; until the feed closes. */
  onMessages(act: () => void): void;
  close(): Promise<void>;
}

export const createEventFeed = (options: { url: string; db: Database; logger: Logger }): EventFeed => {
  const { url, db, logger } = options;
  const { getDeployment } = deploymentService(db);

  /** With the champion that the last event of a deployment is about: a replica that hears it needs not ask for it. */
  const tellDeployments = async (events: readonly RegistryEvent[]): Promise<RegistryEvent[]> => {
    const last = new Map<string, number>();
    for (const { id, kind, subject, environment } of events)
      if (kind === 'deployment' && environment !== null) last.set(`${environment} ${subject}`, id);
    const told = new Set(last.values());
    return Promise.all(
      events.map(async (event) => {
        if (!told.has(event.id) || event.environment === null) return event;
        const deployment = await getDeployment(event.subject, event.environment);
        return deployment === null ? event : { ...event, deployment };
      }),
    );
  };

  const closing = new AbortController();
  const waiting = new Set<() => void>();
  const deliverers: (() => void)[] = [];
  const tail = createTail({
    read: async (after) => tellDeployments(await db.events.after(after, BATCH)),
    limit: BATCH,
  });
  let notices = 0;
  const wake = (): void => {
    notices += 1;
    tail.expire();
    for (const go of [...waiting]) go();
  };
  const listener = listen({
    url,
    logger,
    onNotice: (channel) => (channel === 'graft' ? wake() : deliverers.forEach((act) => act())),
  });

  /** Until the next notice after the `seen` one, the poll, or the end. */
  const wait = (seen: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (notices !== seen || signal.aborted) return resolve();
      const go = (): void => {
        clearTimeout(timer);
        waiting.delete(go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      const timer = setTimeout(() => {
        tail.expire();
        go();
      }, POLL_MS);
      waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });

  return {
    latestId: () => db.events.latestId(),
    async *follow(after, signal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      let cursor = after;
      while (!ended.aborted) {
        const seen = notices;
        let events: readonly RegistryEvent[] = [];
        try {
          events = await tail.after(cursor);
        } catch (err) {
          logger.warn({ err }, 'events: reading failed; trying again');
        }
        for (const event of events) {
          if (ended.aborted) return;
          yield event;
          cursor = event.id;
        }
        if (events.length < BATCH) await wait(seen, ended);
      }
    },
    onMessages: (act) => void deliverers.push(act),
    close: async () => {
      closing.abort();
      await listener.close();
    },
  };
};

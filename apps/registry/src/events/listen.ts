/** LISTEN on a connection of its own (never a pooled one): tells when something was committed, and reconnects. */
import type { Logger } from '@graft/platform';
import pg from 'pg';

const CHANNEL = 'graft';
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface Listener {
  close(): Promise<void>;
}

/** Calls `onNotice` at each commit with events, and after each reconnection (whatever came in between was missed). */
export const listen = (options: { url: string; logger: Logger; onNotice: () => void }): Listener => {
  const { url, logger, onNotice } = options;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let closed = false;

  const retry = (reason: unknown): void => {
    if (closed || timer !== undefined) return;
    logger.warn({ err: reason, pauseMs }, 'events: the listening connection broke; connecting again');
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };

  const connect = async (): Promise<void> => {
    const mine = new pg.Client({ connectionString: url, application_name: 'graft-registry-events', keepAlive: true });
    let isLost = false;
    const lost = (reason: unknown): void => {
      if (isLost || mine !== client) return;
      isLost = true;
      client = null;
      mine.end().catch(() => undefined);
      retry(reason);
    };
    client = mine;
    mine.on('error', lost);
    mine.on('end', () => lost(new Error('the database closed the connection')));
    mine.on('notification', onNotice);
    try {
      await mine.connect();
      await mine.query(`LISTEN ${CHANNEL}`);
      pauseMs = FIRST_PAUSE_MS;
      onNotice();
    } catch (thrown) {
      lost(thrown);
    }
  };

  void connect();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end().catch(() => undefined);
    },
  };
};

/** LISTEN on a connection of its own (never a pooled one): tells what the database notifies of, and reconnects. */
import type { Logger } from '@graft/platform';
import pg from 'pg';

/** `graft`: events were committed. `graft_messages`: messages wait for webhooks. */
const CHANNELS = ['graft', 'graft_messages'] as const;
export type Channel = (typeof CHANNELS)[number];
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface Listener {
  close(): Promise<void>;
}

/** Calls `onNotice` at each commit that notifies, and for every channel after each reconnection (whatever came in between was missed). */
export const listen = (options: { url: string; logger: Logger; onNotice: (channel: Channel) => void }): Listener => {
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
    mine.on('notification', ({ channel }) => {
      const known = CHANNELS.find((one) => one === channel);
      if (known !== undefined) onNotice(known);
    });
    try {
      await mine.connect();
      for (const channel of CHANNELS) await mine.query(`LISTEN ${channel}`);
      pauseMs = FIRST_PAUSE_MS;
      for (const channel of CHANNELS) onNotice(channel);
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

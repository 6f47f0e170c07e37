/**
 * A bucket's notifications over MinIO's own stream (ListenBucketNotification; not part of S3).
 * They are hints: what happens while it reconnects is not told, so whoever listens also lists.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'minio';
import { toClientOptions, type MinioOptions } from './minio-connection.js';
import type { BucketEvent } from './object-store.js';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;

interface NotificationRecord {
  readonly s3?: { readonly object?: { readonly key?: unknown } };
}

/** The key of a record, null when it isn't the record that we know. This stream gives keys as they are; only webhooks encode. */
export const keyOfRecord = (record: unknown): string | null => {
  const key = (record as NotificationRecord | null)?.s3?.object?.key;
  return typeof key === 'string' ? key : null;
};

interface Connection {
  /** Takes what has come; resolves with null once the connection has ended. */
  next(): Promise<BucketEvent[] | null>;
  close(): void;
}

/** One connection, on an agent of its own: the client can stop polling but not hang up, destroying the agent can. */
const connect = (options: MinioOptions, prefix: string): Connection => {
  const { client, agent } = toClientOptions({ ...options, idleTimeoutMs: 0 });
  const poller = new Client(client).listenBucketNotification(options.bucket, prefix, '', ['s3:ObjectCreated:*']);
  let waiting: BucketEvent[] = [];
  let ended = false;
  let wake = (): void => {};
  const end = (): void => {
    ended = true;
    poller.stop();
    agent.destroy();
    wake();
  };
  poller.on('notification', (record) => {
    const key = keyOfRecord(record);
    if (key !== null) waiting.push({ key });
    wake();
  });
  poller.on('error', end);
  return {
    next: async () => {
      if (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      if (waiting.length === 0) return null;
      const taken = waiting;
      waiting = [];
      return taken;
    },
    close: end,
  };
};

/** Objects created under a prefix, until the signal aborts; reconnects by itself, waiting up to 5 s between tries. */
export async function* listenCreated(
  options: MinioOptions,
  { signal, prefix = '' }: { signal: AbortSignal; prefix?: string },
): AsyncGenerator<BucketEvent> {
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const connection = connect(options, prefix);
    signal.addEventListener('abort', connection.close, { once: true });
    try {
      for (let events = await connection.next(); events !== null; events = await connection.next()) {
        delayMs = FIRST_DELAY_MS;
        for (const event of events) {
          if (signal.aborted) return;
          yield event;
        }
      }
    } finally {
      signal.removeEventListener('abort', connection.close);
      connection.close();
    }
    await sleep(delayMs, undefined, { signal }).catch(() => {});
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
}

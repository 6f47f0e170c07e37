/**
 * The versions that are, or are to be, loaded. It is told what is wanted, most urgent first, and loads one at a time;
 * what fails is tried again after a while; what is no longer wanted stays a moment (it may be wanted again in the next
 * breath, when a promotion turns into a deployment) and is then freed.
 */
import { isRetryable, toAppError, type AppError } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { LoadServable, Wanted } from './load-servable.js';
import type { ServedModel } from './served-model.js';

export type PoolState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly served: ServedModel }
  | { readonly kind: 'failed'; readonly error: AppError; readonly attempts: number };

export interface ModelPoolOptions {
  readonly load: LoadServable;
  /** Called after each load, whether it went well or not. */
  readonly onChange: () => void;
  readonly logger: Logger;
  /** Milliseconds before try `attempts + 1`; default .5 s doubling to 30 s. */
  readonly backoffMs?: (attempts: number) => number;
  /** How long an unwanted version stays loaded; default 10 s. */
  readonly lingerMs?: number;
}

export interface ModelPool {
  /** From now on these are wanted, and no others. */
  want(wanted: readonly Wanted[]): void;
  state(wanted: Wanted): PoolState;
  ready(wanted: Wanted): ServedModel | null;
  /** Failures of what is wanted. */
  failures(): readonly { readonly wanted: Wanted; readonly error: AppError; readonly attempts: number }[];
  /** Frees everything. */
  close(): Promise<void>;
}

interface Entry {
  readonly wanted: Wanted;
  state: PoolState;
  attempts: number;
  /** Of the next try after a failure, or of the end of an unwanted version. */
  timer: NodeJS.Timeout | undefined;
}

const keyOf = ({ model, servable }: Wanted): string =>
  [model, servable.version, servable.artifactDigest, servable.goldenDigest].join('/');

const WAITING: PoolState = { kind: 'waiting' };
const exponential = (attempts: number): number => Math.min(500 * 2 ** (attempts - 1), 30_000);

export const createModelPool = (options: ModelPoolOptions): ModelPool => {
  const { load, onChange, logger, backoffMs = exponential, lingerMs = 10_000 } = options;
  const entries = new Map<string, Entry>();
  let order: string[] = [];
  let pumping: Promise<void> | null = null;
  let closed = false;

  const isWanted = (key: string): boolean => !closed && order.includes(key);

  const drop = async (key: string): Promise<void> => {
    const entry = entries.get(key);
    // What loads is looked at again when it has loaded.
    if (entry === undefined || entry.state.kind === 'loading') return;
    clearTimeout(entry.timer);
    entries.delete(key);
    if (entry.state.kind !== 'ready') return;
    const { model, version } = entry.state.served;
    await entry.state.served.retire();
    logger.info({ model, version }, 'model: freed');
  };

  /** An unwanted one goes: at once when there is nothing to keep, else after its last moment. */
  const letGo = (key: string, entry: Entry): void => {
    if (entry.state.kind === 'loading') return;
    clearTimeout(entry.timer);
    if (entry.state.kind !== 'ready') {
      entries.delete(key);
      return;
    }
    entry.timer = setTimeout(() => void drop(key).catch(onDropFailed), lingerMs);
    entry.timer.unref();
  };
  const onDropFailed = (err: unknown): void => logger.error({ err }, 'model: freeing it failed');

  const loadOne = async (key: string, entry: Entry): Promise<void> => {
    const { model, servable } = entry.wanted;
    entry.state = { kind: 'loading' };
    entry.attempts += 1;
    try {
      entry.state = { kind: 'ready', served: await load(entry.wanted) };
    } catch (thrown) {
      const error = toAppError(thrown);
      entry.state = { kind: 'failed', error, attempts: entry.attempts };
      const retryMs = backoffMs(entry.attempts);
      const fields = { model, version: servable.version, attempts: entry.attempts, retryMs, err: error };
      logger[isRetryable(error.code) ? 'warn' : 'error'](fields, 'model: loading failed');
      entry.timer = setTimeout(() => {
        entry.state = WAITING;
        pump();
      }, retryMs);
      entry.timer.unref();
    }
    if (!isWanted(key)) letGo(key, entry);
    if (!closed) onChange();
  };

  const nextWaiting = (): [string, Entry] | null => {
    for (const key of closed ? [] : order) {
      const entry = entries.get(key);
      if (entry?.state.kind === 'waiting') return [key, entry];
    }
    return null;
  };

  const pump = (): void => {
    pumping ??= (async () => {
      for (let next = nextWaiting(); next !== null; next = nextWaiting()) await loadOne(...next);
    })().finally(() => {
      pumping = null;
      // Something may have come to be wanted after the last look.
      if (nextWaiting() !== null) pump();
    });
  };

  return {
    want: (wanted) => {
      const keys = wanted.map(keyOf);
      const before = order;
      order = [...new Set(keys)];
      wanted.forEach((one, index) => {
        const key = keys[index] ?? '';
        const entry = entries.get(key);
        if (entry === undefined) entries.set(key, { wanted: one, state: WAITING, attempts: 0, timer: undefined });
        else if (entry.state.kind === 'ready') clearTimeout(entry.timer);
      });
      for (const key of before) {
        const entry = entries.get(key);
        if (entry !== undefined && !order.includes(key)) letGo(key, entry);
      }
      pump();
    },
    state: (wanted) => entries.get(keyOf(wanted))?.state ?? WAITING,
    ready: (wanted) => {
      const state = entries.get(keyOf(wanted))?.state;
      return state?.kind === 'ready' ? state.served : null;
    },
    failures: () =>
      order.flatMap((key) => {
        const entry = entries.get(key);
        return entry?.state.kind === 'failed'
          ? [{ wanted: entry.wanted, error: entry.state.error, attempts: entry.state.attempts }]
          : [];
      }),
    close: async () => {
      closed = true;
      order = [];
      await pumping;
      await Promise.all([...entries.keys()].map(drop));
    },
  };
};

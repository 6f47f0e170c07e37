/** Takes pins and ends them: refuses while the registry answers, has the version loaded and checked, and only then lays the pin. */
import { AppError, type Deployment, type NewPin, type Pin, type PinEnd, type Servable } from '@graft/contracts';
import type { Wanted } from '../../models/load-servable.js';
import type { PoolState } from '../../models/model-pool.js';
import type { PinBook } from './pin-book.js';

export interface PinDesk {
  list(): readonly Pin[];
  /**
   * Resolves when the version answers. @throws AppError `refused` while the registry answers, or where the version's answers aren't those that
   * were recorded; `not_found` for a model or version that this machine never had; `timeout`.
   */
  pin(model: string, asked: NewPin): Promise<Pin>;
  /** @throws AppError `not_found` where nothing is pinned. */
  unpin(model: string, end: PinEnd): Promise<Pin>;
  /** What has to be loaded for pins that are asked for. */
  wanted(): readonly Wanted[];
  /** Called when a load has ended. */
  onLoaded(): void;
}

export interface PinDeskOptions {
  readonly book: PinBook;
  /** What the ledger says of a model, as far as it is known. */
  readonly championOf: (model: string) => Deployment | null;
  /** A version that was loaded on this machine before. */
  readonly servableOf: (model: string, version: number) => Promise<Servable | null>;
  readonly versionsOf: (model: string) => Promise<readonly number[]>;
  readonly state: (wanted: Wanted) => PoolState;
  /** Asks the registry now; whether it answered. */
  readonly askRegistry: () => Promise<boolean>;
  /** Acts on what is pinned. */
  readonly settle: () => void;
  readonly now: () => Date;
  /** How long loading may take, milliseconds. */
  readonly patienceMs: number;
}

export const createPinDesk = (options: PinDeskOptions): PinDesk => {
  const { book, championOf, servableOf, versionsOf, state, askRegistry, settle, now, patienceMs } = options;
  const candidates = new Set<Wanted>();
  let listeners: (() => void)[] = [];

  const servableFor = async (model: string, version: number): Promise<Servable> => {
    const known = await servableOf(model, version);
    if (known !== null) return known;
    const versions = await versionsOf(model);
    throw new AppError(
      'not_found',
      `version ${version} of ${model} was never loaded on this machine, and only the registry knows its digests; ` +
        `loaded before: ${versions.join(', ') || 'none'}`,
      { details: { model, version, versions } },
    );
  };

  /** @throws AppError what loading threw, or `timeout`. */
  const whenReady = async (wanted: Wanted): Promise<void> => {
    const end = performance.now() + patienceMs;
    for (;;) {
      const found = state(wanted);
      if (found.kind === 'ready') return;
      const { model, servable } = wanted;
      if (found.kind === 'failed') {
        const { code, message, details } = found.error;
        throw new AppError(code, `version ${servable.version} of ${model} is not pinned: ${message}`, { details });
      }
      const leftMs = end - performance.now();
      if (leftMs <= 0)
        throw new AppError('timeout', `version ${servable.version} of ${model} was not loaded within ${patienceMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  };

  const requireChampion = (model: string): Deployment => {
    const champion = championOf(model);
    if (champion !== null) return champion;
    throw new AppError('not_found', `no model ${model} is deployed here, as far as this replica knows`, {
      details: { model },
    });
  };

  return {
    list: () => book.list(),
    pin: async (model, { version, until, by, reason }) => {
      if (until !== undefined && Date.parse(until) <= now().getTime())
        throw new AppError('invalid_request', `a pin until ${until} would be over: that moment has passed`);
      requireChampion(model);
      const servable = await servableFor(model, version);
      if (await askRegistry())
        throw new AppError(
          'refused',
          `the registry answers, so that its ledger decides: ./graft rollback ${model} --to ${version} --reason "…"`,
          { details: { model, version } },
        );
      const wanted = { model, servable };
      candidates.add(wanted);
      try {
        settle();
        await whenReady(wanted);
        const { epoch, generation, target } = requireChampion(model);
        const over = { epoch, generation, version: target.version, artifactDigest: target.artifactDigest };
        const end = until === undefined ? {} : { until };
        const pin: Pin = { model, ...servable, over, ...end, by, reason, at: now().toISOString() };
        await book.put(pin);
        return pin;
      } finally {
        candidates.delete(wanted);
        settle();
      }
    },
    unpin: async (model, { by, reason }) => {
      const pin = book.of(model);
      if (pin === null) {
        const pinned = book.list().map((one) => one.model);
        throw new AppError('not_found', `${model} is not pinned here; pinned: ${pinned.join(', ') || 'nothing'}`);
      }
      const kept = book.remove(model, { act: 'unpinned', by, reason });
      settle();
      await kept;
      return pin;
    },
    wanted: () => [...candidates],
    onLoaded: () => {
      const waiting = listeners;
      listeners = [];
      for (const listener of waiting) listener();
    },
  };
};

/** Lays pins over what the ledger says, lifts them, and ends those whose time is up or that the ledger has overtaken. */
import { isNewer, type Deployment, type Pin } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Wanted } from '../../models/load-servable.js';
import type { ModelPool } from '../../models/model-pool.js';
import type { ServingTable } from '../serving-table.js';
import type { PinBook } from './pin-book.js';

export interface PinLayer {
  /** Pinned versions that are loaded answer from now on. */
  lay(): void;
  /** What is no longer pinned gives way, once what lies beneath can answer. */
  lift(): void;
  /** Whether a champion has to wait: at a start, what was pinned away must not answer before the pinned version does. */
  holdsBack(model: string): boolean;
  /** Ends the pin of a model whose champion is newer than what was pinned over, and another version, as soon as that can answer. */
  supersede(champion: Deployment): void;
  /** Ends a pin because the ledger doesn't know its model any more. */
  dropModel(model: string): void;
  /** Ends those whose time is up. Whether there were any. */
  expire(): boolean;
  /** What pins need loaded, those that are to be lifted included. */
  wanted(): readonly Wanted[];
}

export interface PinLayerOptions {
  readonly book: PinBook;
  readonly table: ServingTable;
  readonly pool: () => Pick<ModelPool, 'ready' | 'state'>;
  readonly now: () => Date;
  /** Another version answers. */
  readonly onChange: (model: string) => void;
  readonly logger: Logger;
}

export const wantedOf = (pin: Pin): Wanted => {
  const { model, version, variant, artifactDigest, goldenDigest } = pin;
  return { model, servable: { version, variant, artifactDigest, goldenDigest } };
};

export const createPinLayer = ({ book, table, pool, now, onChange, logger }: PinLayerOptions): PinLayer => {
  const end = (model: string, act: 'expired' | 'superseded', reason: string): void => {
    book.remove(model, { act, by: 'graft', reason }).catch((err: unknown) => {
      logger.error({ model, err }, 'pin: its end could not be kept');
    });
  };
  const laid = (): Pin[] => table.models().flatMap((model) => table.current(model)?.pin ?? []);

  return {
    lay: () => {
      for (const pin of book.list()) {
        const served = pool().ready(wantedOf(pin));
        if (served !== null && table.pin(pin, served)) onChange(pin.model);
      }
    },
    lift: () => {
      for (const { model } of laid()) if (book.of(model) === null && table.unpin(model)) onChange(model);
    },
    holdsBack: (model) => {
      const pin = book.of(model);
      if (pin === null || table.current(model) !== null) return false;
      return ['waiting', 'loading'].includes(pool().state(wantedOf(pin)).kind);
    },
    supersede: (champion) => {
      const { model, generation, target } = champion;
      const pin = book.of(model);
      if (pin === null || !isNewer(champion, pin.over) || target.artifactDigest === pin.over.artifactDigest) return;
      if (pool().ready({ model, servable: target }) === null) return;
      end(model, 'superseded', `generation ${generation} of the ledger says version ${target.version}`);
    },
    dropModel: (model) => end(model, 'superseded', `the ledger has no ${model} any more`),
    expire: () => {
      const over = book.list().filter(({ until }) => until !== undefined && Date.parse(until) <= now().getTime());
      for (const { model, until = '' } of over) end(model, 'expired', `it was until ${until}`);
      return over.length > 0;
    },
    wanted: () => [...book.list(), ...laid()].map(wantedOf),
  };
};

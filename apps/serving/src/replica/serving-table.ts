/**
 * Which version answers for each model: the pointers that a swap moves. A pointer never moves to an older
 * (epoch, generation), however late or doubled the news of it come.
 */
import { AppError, isNewer, type Pin, type Position, type ReplicaReport } from '@graft/contracts';
import type { ServedModel } from '../models/served-model.js';

export interface Current extends Position {
  readonly served: ServedModel;
  /** Why it isn't what the ledger says at that position. */
  readonly pin?: Pin;
}

/** A model held for one request. */
export interface Lease extends Position {
  readonly served: ServedModel;
  release(): void;
}

export interface ServingTable {
  current(model: string): Current | null;
  /** Names of the models that are served, in order. */
  models(): string[];
  /**
   * What of a model is loaded: the current first, then the previous while it is kept. Both may be of one version, in two
   * variants; asked for by its number, the current answers.
   */
  versions(model: string): readonly ServedModel[];
  /** One assignment: requests that come after it run on the new version. False (and no change) when it isn't newer. */
  swap(model: string, next: Current): boolean;
  /** An older version answers for want of a newer one: better than nothing, and not all that should be served (`complete`). */
  standIn(model: string, older: Current): void;
  /** Serves it no more. */
  remove(model: string): void;
  /** From now on the pinned version answers, whatever is swapped beneath it. False where it did already. */
  pin(pin: Pin, served: ServedModel): boolean;
  /** What was swapped last answers again. False (and no change) where nothing is pinned, or nothing lies beneath. */
  unpin(model: string): boolean;
  /** What was swapped last, whether it answers or a pinned version does. */
  swapped(model: string): Current | null;
  /** The version that stays loaded beside the current one, or null. */
  keepPrevious(model: string, previous: ServedModel | null): void;
  /** Models that should be served, so that one which isn't there yet is told from one that is unknown. */
  expect(models: readonly string[]): void;
  /**
   * Holds the current version, or the one asked for, until `release`.
   * @throws AppError `not_found` for a model or version that isn't served here, `unavailable` for one that isn't loaded yet.
   */
  acquire(model: string, version?: number): Lease;
  report(): ReplicaReport['serving'];
  /** Whether every model that should be served is. */
  complete(): boolean;
}

type Laid = Current & { readonly since: string };

/** @param now the clock that says since when a version answers. */
export const createServingTable = (now: () => Date = () => new Date()): ServingTable => {
  const currents = new Map<string, Laid>();
  const previous = new Map<string, ServedModel>();
  const pins = new Map<string, Laid>();
  const standIns = new Set<string>();
  let expected: readonly string[] = [];

  const currentOf = (model: string): Laid | undefined => pins.get(model) ?? currents.get(model);
  const models = (): string[] => [...new Set([...currents.keys(), ...pins.keys()])].sort();
  const versions = (model: string): ServedModel[] => {
    const loaded = [pins.get(model)?.served, currents.get(model)?.served, previous.get(model)];
    return [...new Set(loaded.filter((one) => one !== undefined))];
  };

  return {
    current: (model) => currentOf(model) ?? null,
    models,
    versions,
    swap: (model, next) => {
      if (!isNewer(next, currents.get(model) ?? null)) return false;
      standIns.delete(model);
      currents.set(model, { ...next, since: now().toISOString() });
      return true;
    },
    standIn: (model, older) => {
      currents.set(model, { ...older, since: now().toISOString() });
      standIns.add(model);
    },
    remove: (model) => {
      currents.delete(model);
      previous.delete(model);
      pins.delete(model);
      standIns.delete(model);
    },
    pin: (pin, served) => {
      const before = pins.get(pin.model);
      if (before?.pin === pin && before.served === served) return false;
      const { epoch, generation } = pin.over;
      pins.set(pin.model, { epoch, generation, served, pin, since: now().toISOString() });
      return true;
    },
    unpin: (model) => currents.has(model) && pins.delete(model),
    swapped: (model) => currents.get(model) ?? null,
    keepPrevious: (model, served) => {
      if (served === null) previous.delete(model);
      else previous.set(model, served);
    },
    expect: (names) => {
      expected = names;
    },
    acquire: (model, version) => {
      const current = currentOf(model);
      if (current === undefined) {
        if (expected.includes(model)) throw new AppError('unavailable', `model ${model} is not loaded here yet`);
        const served = models().join(', ') || 'none';
        throw new AppError('not_found', `no model ${model} is served here; served: ${served}`, { details: { model } });
      }
      const served = version === undefined ? current.served : versions(model).find((one) => one.version === version);
      if (served === undefined) {
        const loaded = versions(model).map((one) => one.version);
        throw new AppError(
          'not_found',
          `version ${version} of ${model} is not loaded here; loaded: ${loaded.join(', ')}`,
          { details: { model, version } },
        );
      }
      return { served, epoch: current.epoch, generation: current.generation, release: served.acquire() };
    },
    report: () =>
      models().flatMap((model) => {
        const current = currentOf(model);
        if (current === undefined) return [];
        const { epoch, generation, since, served } = current;
        const { version, artifactDigest } = served;
        return [{ model, epoch, generation, version, artifactDigest, since }];
      }),
    complete: () => expected.every((model) => pins.has(model) || (currents.has(model) && !standIns.has(model))),
  };
};

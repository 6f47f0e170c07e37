/**
 * Which version answers for each model: the pointers that a swap moves. A pointer never moves to an older
 * (epoch, generation), however late or doubled the news of it come.
 */
import { AppError, isNewer, type Position, type ReplicaReport } from '@graft/contracts';
import type { ServedModel } from '../models/served-model.js';

export interface Current extends Position {
  readonly served: ServedModel;
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
  /** Serves it no more. */
  remove(model: string): void;
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

export const createServingTable = (): ServingTable => {
  const currents = new Map<string, Current>();
  const previous = new Map<string, ServedModel>();
  let expected: readonly string[] = [];

  const models = (): string[] => [...currents.keys()].sort();
  const versions = (model: string): ServedModel[] => {
    const kept = previous.get(model);
    const current = currents.get(model)?.served;
    return [...(current ? [current] : []), ...(kept && kept !== current ? [kept] : [])];
  };

  return {
    current: (model) => currents.get(model) ?? null,
    models,
    versions,
    swap: (model, next) => {
      if (!isNewer(next, currents.get(model) ?? null)) return false;
      currents.set(model, next);
      return true;
    },
    remove: (model) => {
      currents.delete(model);
      previous.delete(model);
    },
    keepPrevious: (model, served) => {
      if (served === null) previous.delete(model);
      else previous.set(model, served);
    },
    expect: (names) => {
      expected = names;
    },
    acquire: (model, version) => {
      const current = currents.get(model);
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
      [...currents].map(
        ([
          model,
          {
            epoch,
            generation,
            served: { version, artifactDigest },
          },
        ]) => ({
          model,
          epoch,
          generation,
          version,
          artifactDigest,
        }),
      ),
    complete: () => expected.every((model) => currents.has(model)),
  };
};

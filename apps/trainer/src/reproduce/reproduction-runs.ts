/**
 * A registry in which reproductions look like runs: what an activity of a retraining tells under a reproduction's run id goes to
 * the reproduction, so that the same activities make a version again without a run of their own.
 */
import { reproductionOf, requireMade, type NewRunEvent, type Reproduction, type RunPatch } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { RunProgress, TrainerDependencies } from '../dependencies.js';

type Runs = Pick<TrainerDependencies['registry'], 'getRun' | 'patchRun' | 'postRunEvents' | 'listRunEvents'>;
type Sources = Pick<
  Registry,
  | 'getReproduction'
  | 'patchReproduction'
  | 'postReproductionEvents'
  | 'listReproductionEvents'
  | 'getModelVersion'
  | 'getRun'
  | 'patchRun'
  | 'postRunEvents'
  | 'listRunEvents'
>;

const STATES = {
  requested: 'requested',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
} as const satisfies Record<Reproduction['state'], RunProgress['state']>;

/** Every other method is the registry's own. */
export const withReproductions = <R extends Sources>(registry: R): Omit<R, keyof Runs> & Runs => ({
  ...registry,
  getRun: async (id) => {
    const reproduction = reproductionOf(id);
    if (reproduction === null) return registry.getRun(id);
    const { state, checkpoint, model, version } = await registry.getReproduction(reproduction);
    const { pipeline } = requireMade(await registry.getModelVersion(model, version));
    return { state: STATES[state], checkpoint, pipeline, embedded: null };
  },
  patchRun: async (id: string, patch: RunPatch) => {
    const reproduction = reproductionOf(id);
    if (reproduction === null) return registry.patchRun(id, patch);
    // Its stage follows from its events; how many images were embedded is told by them, too.
    if (patch.checkpoint !== undefined)
      await registry.patchReproduction(reproduction, { state: 'running', checkpoint: patch.checkpoint });
    return undefined;
  },
  postRunEvents: (id: string, events: readonly NewRunEvent[]) => {
    const reproduction = reproductionOf(id);
    return reproduction === null
      ? registry.postRunEvents(id, events)
      : registry.postReproductionEvents(reproduction, events);
  },
  listRunEvents: (id: string) => {
    const reproduction = reproductionOf(id);
    return reproduction === null ? registry.listRunEvents(id) : registry.listReproductionEvents(reproduction);
  },
});

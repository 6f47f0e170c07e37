/** What the events of a run tell people. */
import type { RunEvent } from './run.js';

/** Training may stop early. */
export const STOPS_EARLY: ReadonlySet<RunEvent['stage']> = new Set(['train', 'recover']);

/** What a stage counts. */
export const STAGE_UNITS: Readonly<Partial<Record<RunEvent['stage'], string>>> = {
  plan: 'images',
  embed: 'images',
  probe: 'folds',
  train: 'steps',
  prune: 'images',
  recover: 'steps',
  quantize: 'images',
  evaluate: 'images',
};

/** Why a run trains what it trains, and what speaks against it. */
export interface RunStory {
  /** Of its stage `plan`. */
  readonly reasons: readonly string[];
  /** Of every stage, in the order in which they came. */
  readonly warnings: readonly string[];
}

/** @param events of one run, from the first on. */
export const runStoryOf = (events: readonly RunEvent[]): RunStory => {
  // A stage that was tried again tells its story once more: the last one holds.
  const lastStart = new Map<RunEvent['stage'], number>();
  for (const { kind, stage, seq } of events) if (kind === 'started') lastStart.set(stage, seq);
  const told = events.filter(({ stage, seq }) => seq >= (lastStart.get(stage) ?? 0));
  return {
    reasons: told.find(({ stage, kind }) => stage === 'plan' && kind === 'finished')?.message?.split('\n') ?? [],
    warnings: told.flatMap(({ kind, message }) => (kind === 'warning' && message !== undefined ? [message] : [])),
  };
};

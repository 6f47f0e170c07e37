/** Sends what a person decided about images, once it is sure that every part of it means something. */
import { AppError, checkCorrection, type Correction, type CorrectionAction } from '@graft/contracts';
import { diffVersions, splitActions, type AppliedCorrections, type Unmatched } from '@graft/data';
import { actorName } from '../context.js';
import { count } from '../output.js';
import {
  previewCorrections,
  readDatasetState,
  readWaiting,
  type DataContext,
  type DatasetState,
} from './dataset-state.js';
import { findNewLabels, tellNewLabel, type NewLabel } from './new-labels.js';

/** A few are enough to see what is wrong. */
const SHOWN = 10;

export interface SentCorrections {
  readonly corrections: Correction[];
  readonly effect: CorrectionEffect;
  /** Whether the dataset is paused: then no version takes them in before it is resumed. */
  readonly isPaused: boolean;
}

/** What corrections change, as far as it can be told before a landing is joined to them. */
export interface CorrectionEffect {
  readonly removed: number;
  readonly returned: number;
  readonly relabelled: number;
  /** From the quarantine; mergeLanding may still find that one would be trained on and tested on. */
  readonly takenIn: number;
  /** Entries of the quarantine that go. */
  readonly settled: number;
  readonly renamedLabels: readonly { readonly from: string; readonly to: string }[];
  /** Labels that a relabel makes. */
  readonly newLabels: readonly NewLabel[];
}

const effectOf = (before: AppliedCorrections, after: AppliedCorrections): CorrectionEffect => {
  const { added, removed, relabelled } = diffVersions(
    { root: before, images: before.images },
    { root: after, images: after.images },
  );
  const renamedLabels = Object.entries(after.renamed)
    .filter(([from, to]) => before.renamed[from] !== to)
    .map(([from, to]) => ({ from, to }));
  return {
    removed: removed.length,
    returned: added.length,
    relabelled: relabelled.length,
    takenIn: after.reinstated.length - before.reinstated.length,
    settled: before.quarantine.length - after.quarantine.length,
    renamedLabels,
    newLabels: findNewLabels(before, after),
  };
};

/** What a version made of it would hold, wait for and leave out: all but who gave a label. */
const contentsOf = ({ images, takenOut, reinstated, quarantine, labels, renamed }: AppliedCorrections): string => {
  const labelled = (held: readonly { readonly sha256: string; readonly label: string }[]): string[] =>
    held.map(({ sha256, label }) => `${sha256} ${label}`);
  return JSON.stringify([
    ...[labelled(images), labelled(takenOut), labelled(reinstated), quarantine.map(({ key }) => key), labels, renamed],
  ]);
};

/** "2 images go, 1 gets another label": what a person is told of an effect. */
export const describeEffect = ({
  removed,
  returned,
  relabelled,
  takenIn,
  settled,
  renamedLabels,
  newLabels,
}: CorrectionEffect): string => {
  const parts = [
    ...(removed > 0 ? [`${count(removed, 'image')} taken out`] : []),
    ...(returned > 0 ? [`${count(returned, 'image')} put back`] : []),
    ...(relabelled > 0 ? [`${count(relabelled, 'image')} relabelled`] : []),
    ...(takenIn > 0 ? [`${count(takenIn, 'image')} taken in from the quarantine`] : []),
    ...(settled > takenIn ? [`${count(settled - takenIn, 'entry', 'entries')} of the quarantine settled`] : []),
    ...renamedLabels.map(({ from, to }) => `"${from}" is "${to}"`),
    ...newLabels.map(tellNewLabel),
  ];
  return parts.length === 0 ? 'nothing changes' : parts.join(', ');
};

const drafted = (dataset: string, actions: readonly CorrectionAction[], reason: string, after: number): Correction[] =>
  splitActions(actions).map((part, at) => ({
    ...{ dataset, reason, actions: part, number: after + at + 1, by: actorName() },
    at: new Date().toISOString(),
  }));

const found = ({ version }: DatasetState): string =>
  version === null ? 'which has no version yet' : `version ${version.number}`;

/** @throws AppError `not_found` where something isn't there, `refused` where all is, and there is nothing to do */
const refuseUnmatched = (state: DatasetState, unmatched: readonly Unmatched[]): void => {
  const { dataset } = state;
  if (unmatched.length === 0) return;
  const named = unmatched.slice(0, SHOWN).map(({ action, ref, why }) => `${action} ${ref}: ${why}`);
  const rest = unmatched.length > SHOWN ? `\nand ${unmatched.length - SHOWN} more` : '';
  throw new AppError(
    unmatched.some(({ isUnknown }) => isUnknown) ? 'not_found' : 'refused',
    `nothing was sent: ${count(unmatched.length, 'part')} of the correction would change nothing of dataset ${dataset.name}, ${found(state)}:\n${named.join('\n')}${rest}`,
    { details: { dataset: dataset.name, unmatched: unmatched.slice(0, 100) } },
  );
};

/**
 * @param actions whatever many; sent as several corrections where one can't hold them
 * @param onEffect told of what will change, once nothing speaks against it and before anything is sent; it may throw
 * @throws AppError `invalid_request` where a label can't be one, `not_found` that lists what the actions name and the dataset
 *   doesn't have, `refused` where a label differs from another in nothing but case or a part has nothing to do: then nothing is sent
 */
export const sendCorrections = async (
  context: DataContext,
  { dataset, actions, reason }: { dataset: string; actions: readonly CorrectionAction[]; reason: string },
  onEffect: (effect: CorrectionEffect) => void = () => undefined,
): Promise<SentCorrections> => {
  const state = await readDatasetState(context, dataset);
  const checked = checkCorrection(dataset, {
    latest: state.version,
    waiting: await readWaiting(context, state),
    actions: [...actions],
  });
  const drafts = drafted(dataset, checked, reason, state.dataset.corrections);
  const before = await previewCorrections(context, state);
  const after = await previewCorrections(context, state, drafts);
  refuseUnmatched(
    state,
    after.unmatched.filter(({ correction }) => correction > state.dataset.corrections),
  );
  if (contentsOf(before) === contentsOf(after)) {
    throw new AppError(
      'refused',
      `nothing was sent: dataset ${dataset}, ${found(state)}, is as the correction would have it already: labels, and what is taken out and waits, stay the same`,
      { details: { dataset } },
    );
  }
  const effect = effectOf(before, after);
  onEffect(effect);
  const corrections: Correction[] = [];
  for (const draft of drafts) {
    corrections.push(await context.registry.createCorrection(dataset, { reason, actions: draft.actions }));
  }
  return { corrections, effect, isPaused: (state.dataset.paused ?? null) !== null };
};

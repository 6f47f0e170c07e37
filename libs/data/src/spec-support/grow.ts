/** A dataset that grows by corrections and landings, as completeIngest makes its versions, without stores. */
import type {
  Correction,
  CorrectionAction,
  LandedImage,
  ManifestImage,
  QuarantineEntry,
  TakenOut,
} from '@graft/contracts';
import { applyCorrections, type Unmatched } from '../corrections/apply-corrections.js';
import { mergeLanding } from '../merge/merge-landing.js';

export const dataset = 'insects';
export const policy = { testShare: 0.2, valShare: 0.1 };

export interface GrownVersion {
  readonly number: number;
  readonly root: { readonly dataset: string; readonly labels: string[]; readonly renamed: Record<string, string> };
  readonly images: readonly ManifestImage[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly takenOut: TakenOut['images'];
  readonly unmatched: readonly Unmatched[];
  readonly corrections: number;
}

const EMPTY: GrownVersion = {
  number: 0,
  root: { dataset, labels: [], renamed: {} },
  images: [],
  quarantine: [],
  takenOut: [],
  unmatched: [],
  corrections: 0,
};

/** The versions of a dataset, the first at index 0; each step is one correction's actions (or none), then a landing (or none). */
export const grow = (
  steps: readonly { actions?: readonly CorrectionAction[]; landed?: readonly LandedImage[] }[],
): GrownVersion[] => {
  const versions: GrownVersion[] = [];
  for (const { actions = [], landed = [] } of steps) {
    const parent = versions.at(-1) ?? EMPTY;
    const correction: Correction = {
      dataset,
      number: parent.corrections + 1,
      reason: 'a person looked',
      actions: [...actions],
      by: 'tester',
      at: '2026-01-01T00:00:00Z',
    };
    const corrected = applyCorrections({
      parent,
      corrections: actions.length === 0 ? [] : [correction],
      quarantine: parent.quarantine,
      takenOut: parent.takenOut,
      reverted: new Map(versions.map((version, at) => [version.number, { version, before: versions[at - 1] ?? null }])),
    });
    const { labels, renamed, takenOut, returning, reinstated } = corrected;
    const merged = mergeLanding({
      dataset,
      parent: { root: { dataset, labels, renamed }, images: corrected.images },
      landed: [...landed, ...reinstated],
      policy,
      takenOut,
      waiting: corrected.quarantine,
      returning,
    });
    const entries = new Map([...merged.waiting, ...merged.quarantine].map((entry) => [entry.key, entry]));
    versions.push({
      number: parent.number + 1,
      root: { dataset, labels: merged.labels, renamed },
      images: merged.images,
      quarantine: [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
      takenOut,
      unmatched: corrected.unmatched,
      corrections: parent.corrections + (actions.length === 0 ? 0 : 1),
    });
  }
  return versions;
};

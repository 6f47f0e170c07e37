/** What can be said of a correction at once, from labels and version numbers; its images are looked up by the ingestion. */
import type { CorrectionAction, NewCorrection } from './correction.js';
import { foldLabel } from './digest.js';
import { AppError } from './errors.js';
import type { DatasetVersion } from './manifest.js';

/** The one of `known` that differs from a label in nothing but case or Unicode form; null where there is none, or the label itself is known. */
export const findLabelTwin = (label: string, known: readonly string[]): string | null => {
  if (known.includes(label)) return null;
  const folded = foldLabel(label);
  return known.find((each) => foldLabel(each) === folded) ?? null;
};

/** "differs from "bee" in nothing but case": why a label isn't taken beside its twin. */
export const sayLabelTwin = (label: string, twin: string): string =>
  `the label "${label}" differs from "${twin}" in nothing but case or Unicode form: give "${twin}", or rename that label`;

/** Names as they are while actions are carried out, without their images. */
interface Names {
  /** Those of the signature. */
  readonly labels: string[];
  /** Those that a relabel gave, and that no version has yet. */
  readonly given: Set<string>;
}

const follow = ({ labels, given }: Names, action: CorrectionAction): void => {
  if (action.action === 'relabel' && !labels.includes(action.label)) given.add(action.label);
  if (action.action !== 'rename') return;
  const at = labels.indexOf(action.from);
  if (at >= 0 && !labels.includes(action.to)) labels[at] = action.to;
};

const problemOf = (action: CorrectionAction, names: Names, latest: CheckedAgainst | null): string | null => {
  const labels = latest?.labels ?? [];
  switch (action.action) {
    case 'revert': {
      if (action.version <= (latest?.number ?? 0)) return null;
      const found = latest === null ? 'the dataset has no version yet' : `its latest version is ${latest.number}`;
      return `there is no version ${action.version} to revert: ${found}`;
    }
    case 'rename': {
      if (action.from === action.to) return `"${action.from}" is renamed to itself`;
      if (!labels.includes(action.from) && !names.labels.includes(action.from)) {
        const found = latest === null ? 'no version yet' : `in version ${latest.number}: ${labels.join(', ')}`;
        return `no label "${action.from}" to rename; labels ${found}`.slice(0, 2000);
      }
      const others = [...names.labels, ...names.given].filter((label) => label !== action.from);
      const twin = findLabelTwin(action.to, others);
      return twin === null ? null : sayLabelTwin(action.to, twin);
    }
    case 'relabel': {
      const twin = findLabelTwin(action.label, [...names.labels, ...names.given]);
      return twin === null ? null : sayLabelTwin(action.label, twin);
    }
    case 'remove':
    case 'restore':
    case 'dismiss':
      return null;
  }
};

type CheckedAgainst = Pick<DatasetVersion, 'number' | 'labels'>;

/**
 * Looks at actions in their order: what one names, the next ones may use.
 * @param latest the dataset's latest version; null where it has none
 * @param waiting actions that have been sent, in their order, and that `latest` hasn't taken in
 * @throws AppError `invalid_request` that names the action and says what there is
 */
export const checkCorrection = (
  dataset: string,
  {
    latest,
    waiting = [],
    actions,
  }: { latest: CheckedAgainst | null; waiting?: readonly CorrectionAction[]; actions: NewCorrection['actions'] },
): void => {
  const names: Names = { labels: [...(latest?.labels ?? [])], given: new Set() };
  for (const action of waiting) follow(names, action);
  actions.forEach((action, at) => {
    const problem = problemOf(action, names, latest);
    if (problem !== null) {
      throw new AppError('invalid_request', `action ${at + 1} of the correction of dataset "${dataset}": ${problem}`, {
        details: { dataset, action: at, labels: latest?.labels ?? [] },
      });
    }
    follow(names, action);
  });
};

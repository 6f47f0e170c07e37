/** What can be said of a correction at once, from labels and version numbers; its images are looked up by the ingestion. */
import type { CorrectionAction, NewCorrection } from './correction.js';
import { AppError, type ErrorCode } from './errors.js';
import { foldLabel, isSplitName, normalizeLabel, readLabel } from './label.js';
import type { DatasetVersion } from './manifest.js';

/** The one of `known` that differs from a label in nothing but case, spaces or Unicode form; null where there is none, or the label itself is known. */
export const findLabelTwin = (label: string, known: readonly string[]): string | null => {
  if (known.includes(label)) return null;
  const folded = foldLabel(label);
  return known.find((each) => foldLabel(each) === folded) ?? null;
};

/** "differs from "bee" in nothing but case": why a label isn't taken beside its twin. */
export const sayLabelTwin = (label: string, twin: string): string =>
  `the label "${label}" differs from "${twin}" in nothing but case, spaces or Unicode form: give "${twin}", or rename that label`;

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

/** What speaks against an action. */
interface Problem {
  readonly code: ErrorCode;
  readonly why: string;
}

/** In quotes where it could be taken for another one. */
const listed = (labels: readonly string[]): string =>
  labels.map((label) => (normalizeLabel(label) === label ? label : JSON.stringify(label))).join(', ');

/** A label that an action gives: as it is where the dataset has it, else in its normal form, which may be a new one. */
const toGiven = (label: string, known: readonly string[]): string | Problem => {
  if (known.includes(label)) return label;
  const read = readLabel(label);
  if ('why' in read) return { code: 'invalid_request', why: `"${label}" can't be a label: ${read.why}` };
  if (isSplitName(read.label) && !known.includes(read.label)) {
    const why = `"${read.label}" can't be a new label: folders named train, val and test are splits`;
    return { code: 'invalid_request', why };
  }
  const twin = findLabelTwin(read.label, known);
  return twin === null ? read.label : { code: 'refused', why: sayLabelTwin(read.label, twin) };
};

/** An action with its labels as they count, or what speaks against it. */
const settle = (action: CorrectionAction, names: Names, latest: CheckedAgainst | null): CorrectionAction | Problem => {
  switch (action.action) {
    case 'revert': {
      if (action.version <= (latest?.number ?? 0)) return action;
      const found = latest === null ? 'the dataset has no version yet' : `its latest version is ${latest.number}`;
      return { code: 'not_found', why: `there is no version ${action.version} to revert: ${found}` };
    }
    case 'rename': {
      const there = [...(latest?.labels ?? []), ...names.labels];
      const from = there.includes(action.from) ? action.from : normalizeLabel(action.from);
      if (from === action.to) return { code: 'refused', why: `"${from}" is renamed to itself` };
      if (!there.includes(from)) {
        const found = latest === null ? 'no version yet' : `in version ${latest.number}: ${listed(latest.labels)}`;
        const why = `no label "${from}" to rename; labels ${found}`.slice(0, 2000);
        return { code: 'not_found', why };
      }
      const others = [...names.labels, ...names.given].filter((label) => label !== from);
      const to = toGiven(action.to, others);
      if (typeof to !== 'string') return to;
      return to === from ? { code: 'refused', why: `"${from}" is renamed to itself` } : { ...action, from, to };
    }
    case 'relabel': {
      const label = toGiven(action.label, [...names.labels, ...names.given]);
      return typeof label === 'string' ? { ...action, label } : label;
    }
    case 'remove':
    case 'restore':
    case 'dismiss':
      return action;
  }
};

type CheckedAgainst = Pick<DatasetVersion, 'number' | 'labels'>;

/**
 * Looks at actions in their order: what one names, the next ones may use.
 * @param latest the dataset's latest version; null where it has none
 * @param waiting actions that have been sent, in their order, and that `latest` hasn't taken in
 * @returns the actions as they are to be carried out: labels that the dataset doesn't have are in their normal form
 * @throws AppError that names the action and says what there is: `not_found` where it names a label or a version that isn't there,
 *   `refused` where a label differs from another in nothing but case, or is renamed to itself, `invalid_request` where it can't be one
 */
export const checkCorrection = (
  dataset: string,
  {
    latest,
    waiting = [],
    actions,
  }: { latest: CheckedAgainst | null; waiting?: readonly CorrectionAction[]; actions: NewCorrection['actions'] },
): CorrectionAction[] => {
  const names: Names = { labels: [...(latest?.labels ?? [])], given: new Set() };
  for (const action of waiting) follow(names, action);
  return actions.map((action, at) => {
    const settled = settle(action, names, latest);
    if ('why' in settled) {
      throw new AppError(settled.code, `action ${at + 1} of the correction of dataset "${dataset}": ${settled.why}`, {
        details: { dataset, action: at, labels: latest?.labels ?? [] },
      });
    }
    follow(names, settled);
    return settled;
  });
};

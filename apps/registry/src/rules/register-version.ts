/** What becomes of a version when it is registered. Pure. */
import { AppError, type GateVerdict, type NewModelVersion, type VersionState } from '@graft/contracts';

/** Those that wait for a person. */
export const WAITING_STATES = ['candidate', 'blocked'] as const satisfies readonly VersionState[];

export interface Registration {
  readonly verdict: GateVerdict;
  /** The pipeline's policy says that this verdict blocks. */
  readonly blocked: boolean;
  readonly autoPromote: boolean;
  /** A rollback has suspended automatic promotion. */
  readonly suspended: boolean;
  /** The champion's generation that the report compares with, and the present one. */
  readonly championGeneration: number;
  readonly currentGeneration: number;
}

export interface Registered {
  readonly state: 'candidate' | 'blocked' | 'approved';
  /** Earlier versions in these states have had their time. */
  readonly supersedes: readonly VersionState[];
}

/**
 * A failed gate blocks. A pass is approved at once where the pipeline says so, nobody has suspended that, and the report
 * compares with what is served now. A blocked version takes no passing candidate's place.
 */
export const registerVersion = (registration: Registration): Registered => {
  const { verdict, blocked, autoPromote, suspended, championGeneration, currentGeneration } = registration;
  if (blocked || verdict === 'fail') return { state: 'blocked', supersedes: ['blocked'] };
  const isAutomatic = autoPromote && verdict === 'pass' && !suspended && championGeneration === currentGeneration;
  return { state: isAutomatic ? 'approved' : 'candidate', supersedes: WAITING_STATES };
};

/**
 * Index = class, for as long as a model lives: the labels that the champion knows keep their places, whatever they have been
 * renamed to.
 * @param nameOf what a label of the champion's is called in the data of the new version
 * @throws AppError `refused`.
 */
export const checkLabels = (
  version: NewModelVersion,
  champion: { version: number; labels: readonly string[] },
  nameOf: (label: string) => string = (label) => label,
): void => {
  const { labels } = version.signature;
  const moved = champion.labels.findIndex((label, index) => labels[index] !== nameOf(label));
  if (moved === -1) return;
  throw new AppError(
    'refused',
    `labels only grow at their end: class ${moved} is "${champion.labels[moved]}" in version ${champion.version}, ` +
      `which is served, and "${labels[moved] ?? 'missing'}" in this one`,
    { details: { index: moved, champion: champion.version } },
  );
};

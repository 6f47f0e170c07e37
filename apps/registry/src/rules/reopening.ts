/** Whether a version that expired may be taken up again. Pure. */
import { AppError, type VersionState } from '@graft/contracts';
import { WAITING_STATES } from './register-version.js';

export interface ReopeningSituation {
  readonly model: string;
  readonly version: number;
  readonly state: VersionState;
  /** Whether it waited as one that its gate had blocked. */
  readonly wasBlocked: boolean;
  /** Whether reopening it was the last thing that was done. */
  readonly isReopened: boolean;
  /** The newest version of the model that waits for a person; null where none does. */
  readonly waiting: number | null;
}

/**
 * @returns what it is from now on: what it was before it expired. Null: it was reopened before, and nothing is to be done
 * @throws AppError `conflict` for one that did not expire, `refused` where a newer candidate has taken its place
 */
export const ruleReopening = (situation: ReopeningSituation): 'candidate' | 'blocked' | null => {
  const { model, version, state, wasBlocked, isReopened, waiting } = situation;
  const details = { model, version, state };
  if (isReopened && (WAITING_STATES as readonly VersionState[]).includes(state)) return null;
  if (state !== 'expired') {
    throw new AppError('conflict', `version ${version} of ${model} is ${state}: only one that expired is reopened`, {
      details,
    });
  }
  if (waiting !== null && waiting > version) {
    throw new AppError(
      'refused',
      `version ${waiting} of ${model} waits for review and is newer than version ${version}: review that one ` +
        `(./graft review ${model} ${waiting}), or reject it first`,
      { details: { ...details, waiting } },
    );
  }
  return wasBlocked ? 'blocked' : 'candidate';
};

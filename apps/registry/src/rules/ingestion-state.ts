import { AppError, type Ingestion, type IngestionPatch } from '@graft/contracts';

/** @throws AppError `invalid_request` for a failure without its error, and for an error of what has not failed. */
const checkError = ({ id, state, error }: Pick<Ingestion, 'id' | 'state' | 'error'>): void => {
  if ((error !== null) === (state === 'failed')) return;
  throw new AppError(
    'invalid_request',
    `error: ingestion ${id} would be ${state} ${error === null ? 'without an error' : 'with an error'}; it has one when it has failed, and only then`,
    { details: { field: 'error', ingestion: id, state } },
  );
};

/**
 * Whether a patch changes anything. What comes late (an activity that ran twice) after the end is no change.
 * @throws AppError `conflict` when an ingestion that ended would end otherwise, `invalid_request` for an error that doesn't go with the state.
 */
export const checkIngestionPatch = (present: Ingestion, patch: IngestionPatch): 'changes' | 'same' => {
  if (present.state === 'running') {
    checkError({ ...present, ...patch });
    return 'changes';
  }
  const { state = 'running' } = patch;
  if (state === 'running' || state === present.state) return 'same';
  throw new AppError('conflict', `ingestion ${present.id} has ${present.state}: it can't become ${state}`, {
    details: { ingestion: present.id, state: present.state },
  });
};

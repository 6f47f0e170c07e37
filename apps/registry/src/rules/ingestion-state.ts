import { AppError, type Ingestion, type IngestionPatch } from '@graft/contracts';

/**
 * Whether a patch changes anything. What comes late (an activity that ran twice) after the end is no change.
 * @throws AppError `conflict` when an ingestion that ended would end otherwise.
 */
export const checkIngestionPatch = (present: Ingestion, patch: IngestionPatch): 'changes' | 'same' => {
  if (present.state === 'running') return 'changes';
  const { state = 'running' } = patch;
  if (state === 'running' || state === present.state) return 'same';
  throw new AppError('conflict', `ingestion ${present.id} has ${present.state}: it can't become ${state}`, {
    details: { ingestion: present.id, state: present.state },
  });
};

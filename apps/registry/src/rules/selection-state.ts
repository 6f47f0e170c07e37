import { AppError, type SelectionPatch, type SelectionRecord } from '@graft/contracts';

/**
 * Whether a patch changes anything. The same end twice is none, since an activity may run twice.
 * @throws AppError `conflict` where a selection that has ended would become something else.
 */
export const checkSelectionPatch = (record: SelectionRecord, patch: SelectionPatch): 'changes' | 'same' => {
  if (record.state === 'requested' || record.state === 'running') return 'changes';
  if (record.state === patch.state && (patch.state !== 'succeeded' || patch.result === record.result)) return 'same';
  throw new AppError('conflict', `selection ${record.id} has ${record.state}: it can't become ${patch.state}`, {
    details: { selectionId: record.id, state: record.state },
  });
};

import { AppError, type Reproduction, type ReproductionPatch } from '@graft/contracts';

/**
 * Whether a patch changes anything. The same end twice is none, since an activity may run twice.
 * @throws AppError `conflict` where a reproduction that has ended would become something else.
 */
export const checkReproductionPatch = (
  { id, state, report }: Reproduction,
  patch: ReproductionPatch,
): 'changes' | 'same' => {
  if (state === 'requested' || state === 'running') return 'changes';
  if (state === patch.state && (patch.state !== 'succeeded' || patch.report === report)) return 'same';
  throw new AppError('conflict', `reproduction ${id} has ${state}: it can't become ${patch.state}`, {
    details: { reproductionId: id, state },
  });
};

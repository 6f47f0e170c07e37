/** Which bulk classifications may be asked for, and what may become of one. Pure. */
import { AppError, isBulkOver, type BulkClassification, type BulkPatch } from '@graft/contracts';

/** @throws AppError `invalid_request` where answers would be looked at as images, or images be written over. */
export const checkPlaces = ({ source, target }: Pick<BulkClassification, 'source' | 'target'>): void => {
  if (!source.startsWith(target) && !target.startsWith(source)) return;
  throw new AppError(
    'invalid_request',
    `target: ${target} and ${source}, which is asked about, lie within each other: answers go to a place of their own`,
    { details: { field: 'target', source, target } },
  );
};

/** Whether one that is under way does what is asked for, to the byte. */
export const isSameBulk = (
  a: BulkClassification,
  b: Pick<BulkClassification, 'model' | 'version' | 'variant' | 'source' | 'target' | 'top'>,
): boolean =>
  a.model === b.model &&
  a.version === b.version &&
  a.variant === b.variant &&
  a.source === b.source &&
  a.target === b.target &&
  a.top === b.top;

/** @throws AppError `conflict`: another one writes there. */
export const placeIsTaken = ({ id, model, version, target }: BulkClassification): AppError =>
  new AppError(
    'conflict',
    `${target} is where version ${version} of ${model} writes its answers now (${id}): wait for it, call it off (./graft bulk cancel ${id}), or name another place`,
    { details: { id, target } },
  );

/**
 * Whether a patch changes anything. The same end twice is none, since an activity may run twice; nor are counts that are behind.
 * @throws AppError `conflict` where one that has ended would become something else.
 */
export const checkBulkPatch = (present: BulkClassification, patch: BulkPatch): 'changes' | 'same' => {
  if (!isBulkOver(present)) {
    const isBehind = patch.state === 'running' && (patch.parts ?? present.parts) < present.parts;
    return isBehind ? 'same' : 'changes';
  }
  // What a worker that was taken for lost, or wasn't told yet, still says of it is no news any more.
  if (present.state === patch.state || patch.state === 'running' || present.state === 'cancelled') return 'same';
  throw new AppError('conflict', `${present.id} has ${present.state}: it can't become ${patch.state}`, {
    details: { id: present.id, state: present.state },
  });
};

/** Batches of the landing zone (`<dataset>/@<batch>/…`) that lie there without a manifest: nothing is taken of them before it is there. */
import type { ObjectStore } from '@graft/artifacts';
import { isIgnored, MANIFEST_NAMES, parseBatchKey } from '@graft/data';
import { count } from '../output.js';

/** A person waits for the answer: this many are listed in some seconds. */
const MAX_LISTED = 100_000;
/** Batches that are told one by one. */
const TOLD_BATCHES = 5;

export interface WaitingBatches {
  /** In ascending order of key. */
  readonly batches: readonly { /** `<dataset>/@<batch>/` */ readonly prefix: string; readonly objects: number }[];
  /** Whether there were no more objects of batches than are looked through. */
  readonly complete: boolean;
}

/**
 * Counts the objects of batches without a manifest; files that nobody means to land don't count.
 * @param maxListed objects of batches that are looked through; default 100,000
 */
export const findWaitingBatches = async (
  landing: Pick<ObjectStore, 'list'>,
  dataset: string,
  maxListed = MAX_LISTED,
): Promise<WaitingBatches> => {
  const batches: { prefix: string; objects: number }[] = [];
  let current = { prefix: '', objects: 0, hasManifest: false };
  const close = (): void => {
    const { prefix, objects, hasManifest } = current;
    if (objects > 0 && !hasManifest) batches.push({ prefix, objects });
  };
  let listed = 0;
  for await (const { key } of landing.list(`${dataset}/@`)) {
    listed += 1;
    // The manifest of the batch that is being looked through may come yet.
    if (listed > maxListed) return { batches, complete: false };
    const batch = parseBatchKey(key);
    if (batch === null) continue;
    if (batch.prefix !== current.prefix) {
      close();
      current = { prefix: batch.prefix, objects: 0, hasManifest: false };
    }
    if ((MANIFEST_NAMES as readonly string[]).includes(batch.path)) current.hasManifest = true;
    else if (batch.path !== '' && !isIgnored(batch.path)) current.objects += 1;
  }
  close();
  return { batches, complete: true };
};

/** Line by line; nothing where no batch waits. */
export const tellWaitingBatches = ({ batches, complete }: WaitingBatches): string[] => {
  const more = batches.length - TOLD_BATCHES;
  return [
    ...batches
      .slice(0, TOLD_BATCHES)
      .map(
        ({ prefix, objects }) =>
          `${prefix}: ${count(objects, 'object waits', 'objects wait')} for the batch's manifest (${prefix}${MANIFEST_NAMES.join(' or ')}: docs/data.md)`,
      ),
    ...(more > 0 ? [`${count(more, 'more batch waits', 'more batches wait')} for a manifest (--json lists them)`] : []),
    ...(complete ? [] : ['there are more objects of batches than were looked through: others may wait as well']),
  ];
};

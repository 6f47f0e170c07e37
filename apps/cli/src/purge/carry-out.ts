/** Carries a purge out: the tombstone first, then the bytes, so that whatever is interrupted can be done again. */
import { eraseObject } from '@graft/artifacts';
import { type Correction, type ErasedMark, type Erasure } from '@graft/contracts';
import type { PurgePlan, PurgeRegistry, PurgeStores } from './plan-purge.js';

export interface Purged {
  readonly erasure: Erasure;
  /** Objects that went besides: thumbnails, shards of activations, landed copies. */
  readonly derived: number;
  readonly shards: number;
  readonly landed: number;
  /** By which the next versions leave it out. */
  readonly corrections: readonly Correction[];
}

/** Whether a correction that no version has taken in yet takes the image out already. */
const isTakenOut = async (registry: PurgeRegistry, dataset: string, digest: string): Promise<boolean> => {
  const [latest] = await registry.listDatasetVersions(dataset);
  const waiting = await registry.listCorrections(dataset, { after: latest?.corrections ?? 0 });
  return waiting.some(({ actions }) =>
    actions.some((action) => action.action === 'remove' && action.images.includes(digest)),
  );
};

const takeOut = async (
  registry: PurgeRegistry,
  { digest, datasets }: PurgePlan,
  reason: string,
): Promise<Correction[]> => {
  const sent: Correction[] = [];
  for (const dataset of datasets) {
    if (await isTakenOut(registry, dataset, digest)) continue;
    const actions = [{ action: 'remove' as const, images: [digest] }];
    sent.push(await registry.createCorrection(dataset, { reason: `erased: ${reason}`.slice(0, 2000), actions }));
  }
  return sent;
};

/** As many as the registry keeps. */
const MOST_REFERRERS = 1000;

/** @throws AppError `refused` where an environment serves it or can go back to it, without force; `forbidden` for who is no admin */
export const carryOutPurge = async (
  { registry, artifacts, landing }: Pick<PurgeStores, 'registry' | 'artifacts' | 'landing'>,
  plan: PurgePlan,
  { reason, force }: { readonly reason: string; readonly force: boolean },
): Promise<Purged> => {
  const { digest, derived, shards, landed } = plan;
  const referrers = plan.referrers.slice(0, MOST_REFERRERS);
  const erasure = await registry.recordErasure({ digest, reason, referrers, force });
  const markOf = (one: string): ErasedMark => ({
    ...{ schemaVersion: 'erased.v1', digest: one },
    ...{ reason: erasure.reason, by: erasure.by, at: erasure.at },
  });
  // Before the bytes: a run that starts now has a version to look forward to.
  const corrections = await takeOut(registry, plan, erasure.reason);
  for (const key of landed) await landing.erase(key);
  for (const key of shards) await artifacts.erase(key);
  for (const one of [...derived, digest]) await eraseObject(artifacts, markOf(one));
  return { erasure, corrections, derived: derived.length, shards: shards.length, landed: landed.length };
};

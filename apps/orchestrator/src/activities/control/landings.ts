/** What the watchers ask about landings, and the reconciler that wakes them when an event was lost. */
import { canonicalJson, digestOfText, nameSchema, type ControlActivities, type Dataset } from '@graft/contracts';
import { z } from 'zod';
import { whileBeating } from '@graft/platform/temporal';
import type { ControlDependencies } from './dependencies.js';
import { countLandedObjects } from './landed-counts.js';

const inputSchema = z.object({ dataset: nameSchema });
const countInputSchema = inputSchema.extend({
  minNewImages: z.int().min(1).default(1),
  minPerLabel: z.int().min(1).default(1),
});

/**
 * The reconciler spends at most about a twentieth of its time on the listing of one dataset: one that takes three seconds (50,000
 * objects) is listed each minute rather than each half. Events tell of landings at once, the listing only of those that got lost.
 */
const LISTING_SHARE = 1 / 20;

type LandingActivities = Pick<ControlActivities, 'readDatasetPolicy' | 'countLanded' | 'reconcileLandings'>;

/** Whether people decided something about images that no version has taken in. */
export const hasPendingCorrections = async (
  registry: Pick<ControlDependencies['registry'], 'getDatasetVersion'>,
  { latestVersion, corrections }: Dataset,
): Promise<boolean> =>
  latestVersion !== null &&
  corrections > 0 &&
  corrections > (await registry.getDatasetVersion(latestVersion)).corrections;

/** Has a paused dataset's status say how many objects wait; what an ingestion tells that is still under way is left as it is. */
const tellWaiting = async (
  registry: Pick<ControlDependencies['registry'], 'getWatch' | 'reportWatch'>,
  dataset: string,
  objects: number,
): Promise<void> => {
  const told = await registry.getWatch(dataset);
  if (told?.state === 'ingesting' || (told?.objects ?? 0) === objects) return;
  const message = 'what lands stays in the bucket';
  await registry.reportWatch(dataset, { state: 'paused', objects, lacking: [], dueAt: null, message });
};

export const createLandingActivities = (dependencies: ControlDependencies): LandingActivities => {
  const { registry, blobs, unseenObjects, watchers, logger, scope, now } = dependencies;
  const notBeforeMs = new Map<string, number>();
  return {
    readDatasetPolicy: async (input) => {
      const { policy, paused } = await registry.getDataset(inputSchema.parse(input).dataset);
      const { quietSeconds, maxWaitSeconds, minNewImages, minPerLabel } = policy;
      return { quietSeconds, maxWaitSeconds, minNewImages, minPerLabel, paused };
    },

    countLanded: async (input) => {
      const activity = scope();
      const { dataset: name, minNewImages, minPerLabel } = countInputSchema.parse(input);
      return whileBeating(activity, async () => {
        const dataset = await registry.getDataset(name);
        const unseen = unseenObjects(name, dataset.latestVersion);
        return countLandedObjects({ blobs, dataset, unseen, minNewImages, minPerLabel, signal: activity.signal });
      });
    },

    reconcileLandings: async () => {
      const activity = scope();
      return whileBeating(activity, async () => {
        const signalled: string[] = [];
        for (const dataset of await registry.listDatasets()) {
          const { name, latestVersion, corrections, paused } = dataset;
          const startedMs = now().getTime();
          const isCorrected = paused === null && (await hasPendingCorrections(registry, dataset));
          if (!isCorrected && startedMs < (notBeforeMs.get(name) ?? 0)) continue;
          const unseen: [string, string][] = [];
          for await (const { key, etag } of unseenObjects(name, latestVersion)) {
            activity.signal.throwIfAborted();
            unseen.push([key, etag]);
          }
          const endedMs = now().getTime();
          notBeforeMs.set(name, endedMs + (endedMs - startedMs) / LISTING_SHARE);
          if (paused !== null) {
            await tellWaiting(registry, name, unseen.length);
            continue;
          }
          if (unseen.length === 0 && !isCorrected) continue;
          const listing = canonicalJson(isCorrected ? [unseen, corrections] : unseen);
          await watchers.signal(name, { fingerprint: digestOfText(listing), urgent: isCorrected });
          logger.info({ dataset: name, objects: unseen.length, isCorrected }, 'landing found by listing');
          signalled.push(name);
        }
        return { signalled };
      });
    },
  };
};

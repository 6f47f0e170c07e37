/** What the watchers ask about landings, and the reconciler that wakes them when an event was lost. */
import { canonicalJson, digestOfText, nameSchema, type ControlActivities } from '@graft/contracts';
import { z } from 'zod';
import { whileBeating } from '@graft/platform/temporal';
import type { ControlDependencies } from './dependencies.js';

const inputSchema = z.object({ dataset: nameSchema });

type LandingActivities = Pick<ControlActivities, 'readDatasetPolicy' | 'countLanded' | 'reconcileLandings'>;

export const createLandingActivities = (dependencies: ControlDependencies): LandingActivities => {
  const { registry, unseenObjects, watchers, logger, scope } = dependencies;
  return {
    readDatasetPolicy: async (input) => {
      const { policy } = await registry.getDataset(inputSchema.parse(input).dataset);
      const { quietSeconds, maxWaitSeconds, minNewImages } = policy;
      return { quietSeconds, maxWaitSeconds, minNewImages };
    },

    countLanded: async (input) => {
      const activity = scope();
      return whileBeating(activity, async () => {
        const { name, latestVersion } = await registry.getDataset(inputSchema.parse(input).dataset);
        let objects = 0;
        for await (const _object of unseenObjects(name, latestVersion)) {
          activity.signal.throwIfAborted();
          objects += 1;
        }
        return { objects };
      });
    },

    reconcileLandings: async () => {
      const activity = scope();
      return whileBeating(activity, async () => {
        const signalled: string[] = [];
        for (const { name, latestVersion } of await registry.listDatasets()) {
          const unseen: [string, string][] = [];
          for await (const { key, etag } of unseenObjects(name, latestVersion)) {
            activity.signal.throwIfAborted();
            unseen.push([key, etag]);
          }
          if (unseen.length === 0) continue;
          await watchers.signal(name, { fingerprint: digestOfText(canonicalJson(unseen)) });
          logger.info({ dataset: name, objects: unseen.length }, 'landing found by listing');
          signalled.push(name);
        }
        return { signalled };
      });
    },
  };
};

/** Tells the registry what watchers and ingestions are doing, for people to see. */
import {
  ingestionPatchSchema,
  nameSchema,
  newIngestionSchema,
  newWatchStatusSchema,
  type ControlActivities,
} from '@graft/contracts';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const watchInputSchema = z.object({ dataset: nameSchema, status: newWatchStatusSchema });
const ingestionInputSchema = z.object({ ingestion: newIngestionSchema, patch: ingestionPatchSchema });

export const createWatchReportActivities = ({
  registry,
}: Pick<ControlDependencies, 'registry'>): Pick<ControlActivities, 'reportWatch' | 'reportIngestion'> => ({
  reportWatch: async (input) => {
    const { dataset, status } = watchInputSchema.parse(input);
    await registry.reportWatch(dataset, status);
  },

  reportIngestion: async (input) => {
    const { ingestion, patch } = ingestionInputSchema.parse(input);
    await registry.openIngestion(ingestion);
    await registry.patchIngestion(ingestion.id, patch);
  },
});

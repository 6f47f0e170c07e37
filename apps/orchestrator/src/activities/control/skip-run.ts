/** Ends a run of a pipeline that trains on drift where there is none, with what was measured. */
import { readDocument } from '@graft/artifacts';
import { digestSchema, driftSchema, type ControlActivities, type Drift } from '@graft/contracts';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const inputSchema = z.object({ runId: z.string().min(1), drift: digestSchema.nullable() });

/** `p = 0.214`. */
const pValue = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

/** Too few images on a side for any of the comparisons. */
const tellNothingCompared = ({ newImages, referenceImages }: Pick<Drift, 'newImages' | 'referenceImages'>): string => {
  const asked = 'nothing could be compared with what the champion learned from';
  if (newImages === 0) return `${asked}: the version has no new training image`;
  const images = newImages === 1 ? '1 new training image' : `${newImages} new training images`;
  return `${asked}: ${images} beside ${referenceImages} of the champion's are too few to tell of drift`;
};

/** What was measured, for a person. A test that had too few images to tell says so. */
export const tellNoDrift = ({
  features,
  labels,
  quality,
  newImages,
  referenceImages,
}: Pick<Drift, 'features' | 'labels' | 'quality' | 'newImages' | 'referenceImages'>): string => {
  if (features === null && labels === null && !quality) return tellNothingCompared({ newImages, referenceImages });
  const told = [
    `features ${features === null ? 'could not be compared' : pValue(features.p)}`,
    `labels ${labels === null ? 'could not be compared' : pValue(labels.p)}`,
    `quality ${!quality ? 'could not be compared' : pValue(Math.min(1, ...quality.measures.map(({ pHolm }) => pHolm)))}`,
  ];
  return `the ${newImages} new images have not drifted from what the champion learned from: ${told.join(', ')}`;
};

export const createSkipRun = ({
  registry,
  blobs,
  logger,
}: Pick<ControlDependencies, 'registry' | 'blobs' | 'logger'>): ControlActivities['skipRun'] => {
  return async (input) => {
    const { runId, drift } = inputSchema.parse(input);
    const message =
      drift === null
        ? 'the champion learned from this very version'
        : tellNoDrift(await readDocument(blobs, driftSchema, drift));
    await registry.patchRun(runId, { state: 'skipped', error: { code: 'no_drift', message } });
    logger.info({ runId, detail: message }, 'run skipped');
  };
};

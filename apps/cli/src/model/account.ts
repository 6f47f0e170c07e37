/** All that is known of one version in one form, gathered from the registry and the documents that it names. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  evaluationSchema,
  isAdopted,
  type BlobStore,
  type DatasetVersion,
  type Evaluation,
  type ModelVersion,
  type Review,
  type Run,
  type VariantName,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { readRunStory } from '../runs.js';

export interface VersionAccount {
  readonly version: ModelVersion;
  /** Which of its forms this is about. */
  readonly variant: VariantName;
  readonly artifactDigest: string;
  readonly evaluation: Evaluation;
  readonly datasetVersion: DatasetVersion;
  /** Null where it was adopted: no run made it. */
  readonly run: Run | null;
  /** What its run warned of. */
  readonly warnings: readonly string[];
  readonly decisions: Review['decisions'];
}

interface Sources {
  readonly registry: Registry;
  readonly blobs: BlobStore;
}

/**
 * @param wanted.variant default: the one that the version prefers
 * @throws AppError `not_found` where there is no such version or form of it
 */
export const readAccount = async (
  { registry, blobs }: Sources,
  wanted: { model: string; version: number; variant?: VariantName | undefined },
): Promise<VersionAccount> => {
  const version = await registry.getModelVersion(wanted.model, wanted.version);
  const variant = wanted.variant ?? version.variant;
  const form = version.variants.find((one) => one.variant === variant);
  const artifact = version.artifacts.find((one) => one.kind === 'model' && one.variant === variant);
  if (artifact === undefined) {
    const there = version.artifacts.filter(({ kind }) => kind === 'model').map((one) => one.variant);
    throw new AppError(
      'not_found',
      `version ${version.version} of ${version.model} has no variant ${variant}; there are: ${there.join(', ')}`,
    );
  }
  const { lineage } = version;
  const runId = isAdopted(lineage) ? null : lineage.runId;
  const [evaluation, data, run, story, review] = await Promise.all([
    readDocument(blobs, evaluationSchema, form?.reportDigest ?? version.reportDigest),
    registry.getDatasetVersion(lineage.datasetVersion),
    runId === null ? null : registry.getRun(runId),
    runId === null ? null : readRunStory(registry, runId),
    registry.getReview(wanted.model, wanted.version),
  ]);
  return {
    ...{ version, variant, artifactDigest: artifact.digest, evaluation, datasetVersion: data },
    ...{ run, warnings: story?.warnings ?? [], decisions: review.decisions },
  };
};

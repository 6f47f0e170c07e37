/** Registers what a run made as a version of its model, in its variants, up for review. */
import { readDocument } from '@graft/artifacts';
import {
  embedderSchema,
  evaluationSchema,
  registerVersionInputSchema,
  signatureSchema,
  type Artifact,
  type BlobStore,
  type ControlActivities,
  type Digest,
  type Evaluation,
  type NewRunEvent,
  type Pipeline,
  type RegisterVersionInput,
  type VersionVariant,
} from '@graft/contracts';
import { preferVariant } from '@graft/evaluation';
import type { ControlDependencies } from './dependencies.js';

const toArtifact = async (blobs: BlobStore, file: RegisterVersionInput['files'][number]): Promise<Artifact> => ({
  ...file,
  // Reading it proves, before a person is asked to judge it, that it is there and whole.
  sizeBytes: (await blobs.get(file.digest)).length,
});

/** Makers may have described a file that is also known by its digest: it is listed once. */
const withoutDoubles = (artifacts: readonly Artifact[]): Artifact[] => [
  ...new Map(
    artifacts.map((artifact) => [`${artifact.kind}/${artifact.variant}/${artifact.digest}`, artifact]),
  ).values(),
];

/** One variant's evaluation, with the digest that it is known by. */
interface Judged extends Evaluation {
  readonly digest: Digest;
}

const toVariant = ({ digest, variant, artifactDigest, sizeBytes, gate, metrics, latency }: Judged): VersionVariant => ({
  variant,
  artifactDigest,
  sizeBytes,
  reportDigest: digest,
  gateVerdict: gate.verdict,
  accuracy: metrics.accuracy,
  latencyP50Ms: latency.p50Ms,
});

/** What the gate's verdict means under the pipeline's policy. */
export const toReviewTerms = (
  { gate, review }: Pick<Pipeline, 'gate' | 'review'>,
  { gate: { verdict } }: Pick<Evaluation, 'gate'>,
): { blocked: boolean; autoPromote: boolean; requiredApprovals: number } => ({
  blocked: verdict === 'fail' || (verdict === 'insufficient' && gate.onInsufficient === 'block'),
  autoPromote: review.autoPromote && verdict === 'pass',
  requiredApprovals: review.approvals,
});

export const createRegisterVersion = (dependencies: ControlDependencies): ControlActivities['registerVersion'] => {
  const { registry, blobs, logger, code } = dependencies;
  return async (raw) => {
    const input = registerVersionInputSchema.parse(raw);
    const { runId, model, pipeline } = input;
    const run = await registry.patchRun(runId, { stage: 'register' });
    const tell = (event: Pick<NewRunEvent, 'kind' | 'data'>): Promise<void> =>
      registry.postRunEvents(runId, [{ schemaVersion: 'run-event.v1', stage: 'register', ...event }]);
    await tell({ kind: 'started' });
    const judged = await Promise.all(
      input.reports.map(async (digest): Promise<Judged> => ({
        digest,
        ...(await readDocument(blobs, evaluationSchema, digest)),
      })),
    );
    // Who decides, decides on this one; the others stand beside it.
    const report = preferVariant(judged);
    const described: Artifact[] = await Promise.all(input.files.map((file) => toArtifact(blobs, file)));
    const { version, state } = await registry.createModelVersion(model, {
      signature: await readDocument(blobs, signatureSchema, input.signature),
      artifacts: withoutDoubles([...described, ...input.artifacts]),
      lineage: {
        runId,
        pipeline: pipeline.name,
        pipelineDigest: run.pipelineDigest,
        trainDigest: run.trainDigest,
        datasetVersion: input.datasetVersion,
        embedder: await readDocument(blobs, embedderSchema, input.embedder),
        code,
        runtime: input.runtime,
      },
      variant: report.variant,
      variants: judged.map(toVariant),
      reportDigest: report.digest,
      gateVerdict: report.gate.verdict,
      accuracy: report.metrics.accuracy,
      accuracyBySource: report.metrics.accuracyBySource,
      championGeneration: input.championGeneration,
      ...toReviewTerms(pipeline, report),
    });
    const facts = { version, variant: report.variant, verdict: report.gate.verdict, state };
    await tell({ kind: 'finished', data: facts });
    await registry.patchRun(runId, { state: 'succeeded', version });
    logger.info({ runId, model, ...facts }, 'version registered');
    return { version };
  };
};

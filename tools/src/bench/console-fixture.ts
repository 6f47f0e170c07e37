/** What the bench `console` looks at: a candidate with a test split of a thousand images beside its champion, and ten thousand versions of a model. */
import { readFile } from 'node:fs/promises';
import { createContentStore, createMinioStore, writeDocument } from '@graft/artifacts';
import {
  digestOfText,
  evaluationSchema,
  predictionsSchema,
  type Digest,
  type Evaluation,
  type Interval,
  type Metrics,
  type Prediction,
} from '@graft/contracts';
import { createRegistryClient, type Registry } from '@graft/registry-client';
import pLimit from 'p-limit';
import { withComment } from './ingest-images.js';
import { newVersion } from './registry-fixture.js';

export const REVIEWED = 'reviewed';
const LABELS = Array.from({ length: 10 }, (_, index) => `label-${index}`);
const PUTS_AT_ONCE = 16;

/** Of which image n comes out wrong: more by the champion than by the candidate, and not the same ones. */
const isWrong = { candidate: (n: number) => n % 20 === 0, champion: (n: number) => n % 12 === 5 };
type Side = keyof typeof isWrong;

const share = (value: number, n: number): Interval => ({
  ...{ value, n },
  lower: Math.max(0, value - 0.02),
  upper: Math.min(1, value + 0.02),
});

const predict = (side: Side, digests: readonly Digest[]): Prediction[] =>
  digests.map((sha256, n) => {
    const truth = n % LABELS.length;
    const said = isWrong[side](n) ? (truth + 1) % LABELS.length : truth;
    return {
      ...{ sha256, label: LABELS[truth] ?? '', source: n % 3 === 0 ? 'phone' : 'camera' },
      probabilities: LABELS.map((_, index) => (index === said ? 0.91 : 0.01)),
    };
  });

const metricsOf = (side: Side, images: number): Metrics => {
  const rows = Array.from({ length: images }, (_, n) => n);
  const wrongOf = (label: number): number => rows.filter((n) => n % LABELS.length === label && isWrong[side](n)).length;
  const support = images / LABELS.length;
  const accuracy = 1 - rows.filter(isWrong[side]).length / images;
  return {
    ...{ images, accuracy: share(accuracy, images), balancedAccuracy: accuracy, macroF1: accuracy, ece: 0.03 },
    reliability: [{ lower: 0.9, upper: 1, confidence: 0.91, accuracy: share(accuracy, images) }],
    perClass: LABELS.map((label, index) => {
      const recall = share(1 - wrongOf(index) / support, support);
      return { label, support, precision: recall, recall, f1: recall.value };
    }),
    confusion: LABELS.map((_, truth) =>
      LABELS.map((__, said) =>
        said === truth ? support - wrongOf(truth) : said === (truth + 1) % LABELS.length ? wrongOf(truth) : 0,
      ),
    ),
    accuracyBySource: { camera: share(accuracy, images), phone: share(accuracy, images) },
  };
};

const latency = { p50Ms: 9.1, p99Ms: 14.2, rounds: 100, cpuClass: 'avx2' };
const artifactOf = (side: Side): Digest => digestOfText(`model ${side}`);

interface Split {
  readonly datasetVersion: Digest;
  readonly digests: readonly Digest[];
}

const predictionsOf = (side: Side, { datasetVersion, digests }: Split) => ({
  schemaVersion: 'predictions.v1' as const,
  ...{ artifactDigest: artifactOf(side), datasetVersion, split: 'test' as const, labels: LABELS },
  predictions: predict(side, digests).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
});

const pairedOf = (digests: readonly Digest[]): NonNullable<Evaluation['champion']>['paired'] => {
  const flipped = (right: Side, wrong: Side): Digest[] =>
    digests.filter((_, n) => !isWrong[right](n) && isWrong[wrong](n)).sort();
  const fixed = flipped('candidate', 'champion');
  const broken = flipped('champion', 'candidate');
  const bothWrong = digests.filter((_, n) => isWrong.candidate(n) && isWrong.champion(n)).length;
  const images = digests.length;
  return {
    ...{ images, bothRight: images - fixed.length - broken.length - bothWrong, bothWrong, fixed, broken },
    ...{ onlyCandidateRight: fixed.length, onlyChampionRight: broken.length, mcnemarP: 0.01 },
    difference: { ...share((fixed.length - broken.length) / images, images), lower: 0.005, upper: 0.06 },
    perClass: LABELS.map((label) => ({
      ...{ label, images: images / LABELS.length, onlyCandidateRight: 1, onlyChampionRight: 1, p: 1, pHolm: 1 },
    })),
  };
};

const reportOf = (side: Side, split: Split, predictions: Readonly<Record<Side, Digest>>): Evaluation => ({
  schemaVersion: 'evaluation.v1',
  ...{ variant: 'fp32', artifactDigest: artifactOf(side), sizeBytes: 13_000_000, split: 'test', labels: LABELS },
  ...{ datasetVersion: split.datasetVersion, metrics: metricsOf(side, split.digests.length), latency },
  ...{ predictionsDigest: predictions[side], original: null, earlierLooks: 0 },
  champion:
    side === 'champion'
      ? null
      : {
          ...{ version: 1, generation: 1, artifactDigest: artifactOf('champion'), latency, seenInTraining: 0 },
          ...{ metrics: metricsOf('champion', split.digests.length), paired: pairedOf(split.digests), newLabels: [] },
          predictionsDigest: predictions.champion,
        },
  gate: {
    ...{ verdict: 'pass', superior: side === 'candidate' },
    checks: [
      { name: 'accuracy', verdict: 'pass', detail: 'not inferior by more than 2.0 points' },
      { name: 'latency', verdict: 'pass', detail: 'p50 9.1 ms' },
    ],
  },
});

/** Serves a version, as the orchestrator's workflow does; there are no replicas to wait for. */
const promote = async (registry: Registry, model: string, version: number): Promise<void> => {
  const { id } = await registry.requestPromotion(model, {
    version,
    expectedGeneration: 0,
    reason: 'to be compared with',
  });
  await registry.preparePromotion(id);
  await registry.commitPromotion(id);
  await registry.finishPromotion(id);
};

/**
 * `REVIEWED` with version 1 in production and version 2 up for review, each judged on as many test images, which are kept like any.
 * @param environment the variables of the stack
 * @param files real pictures, which are told apart by a comment where there are fewer of them than images
 */
export const makeReviewable = async (
  environment: Readonly<Record<string, string>>,
  files: readonly string[],
  images: number,
): Promise<void> => {
  const registry = createRegistryClient({
    url: environment['GRAFT_REGISTRY_URL'] ?? '',
    token: environment['GRAFT_REGISTRY_TOKEN'] ?? '',
  });
  const blobs = createContentStore(
    createMinioStore({
      endpoint: environment['GRAFT_S3_ENDPOINT'] ?? '',
      accessKey: environment['GRAFT_S3_ACCESS_KEY'] ?? '',
      secretKey: environment['GRAFT_S3_SECRET_KEY'] ?? '',
      region: environment['GRAFT_S3_REGION'] ?? 'us-east-1',
      bucket: environment['GRAFT_ARTIFACTS_BUCKET'] ?? 'artifacts',
    }),
  );
  const limit = pLimit(PUTS_AT_ONCE);
  const pictures = await Promise.all(files.map((file) => readFile(file)));
  const pictureOf = (n: number): Buffer =>
    withComment(pictures[n % pictures.length] ?? Buffer.alloc(0), `picture ${n}`);
  const digests = await Promise.all(Array.from({ length: images }, (_, n) => limit(() => blobs.put(pictureOf(n)))));
  const dataset = `${REVIEWED}-images`;
  const pipeline = await registry.applyPipeline(
    `schemaVersion: pipeline.v1\nname: ${REVIEWED}\ndata:\n  dataset: ${dataset}\n`,
  );
  const { id: datasetVersion } = await registry.createDatasetVersion({
    ...{ id: digestOfText(dataset), dataset, parent: null, labels: LABELS, images: 3 * images, newImages: 3 * images },
    ...{ bySplit: { train: 2 * images, val: 0, test: images }, bySource: { landing: 3 * images } },
    ...{ quarantine: null, quarantined: 0, landingLog: null, ingestSeconds: 3 },
  });
  const split = { datasetVersion, digests };
  const predictions = {
    candidate: await writeDocument(blobs, predictionsSchema, predictionsOf('candidate', split)),
    champion: await writeDocument(blobs, predictionsSchema, predictionsOf('champion', split)),
  };
  for (const [index, side] of (['champion', 'candidate'] as const).entries()) {
    const report = reportOf(side, split, predictions);
    const reportDigest = await writeDocument(blobs, evaluationSchema, report);
    const identity = {
      pipeline: REVIEWED,
      pipelineDigest: pipeline.digest,
      trainDigest: digestOfText('train'),
      datasetVersion,
    };
    const run = await registry.createRun({
      ...identity,
      attempt: index + 1,
      workflowId: `retrain/${REVIEWED}/${index}`,
    });
    const { version } = await registry.createModelVersion(REVIEWED, {
      ...newVersion(side, { ...identity, runId: run.id }, LABELS),
      ...{ reportDigest, accuracy: report.metrics.accuracy, accuracyBySource: report.metrics.accuracyBySource },
    });
    if (side === 'candidate') return;
    const { championGeneration } = await registry.getReview(REVIEWED, version);
    await registry.approve(REVIEWED, version, { reportDigest, championGeneration, reason: 'to be compared with' });
    await promote(registry, REVIEWED, version);
  }
};

import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  evaluationSchema,
  pipelineGateSchema,
  predictionsSchema,
  signatureSchema,
  type ChampionRef,
  type Digest,
  type EvaluateModelInput,
  type Evaluation,
  type ExportedModel,
  type ManifestImage,
  type ModelVersion,
} from '@graft/contracts';
import { buildTrainProcess, createFixture, RUN_ID, TRAIN, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';

const GATE = pipelineGateSchema.parse({ minTestImages: 1 });

/** Embeds, trains and exports, as the retrain workflow would. */
const makeModel = async (fixture: Fixture, datasetVersion: Digest): Promise<ExportedModel> => {
  const { embed, train } = fixture.activities();
  const { plan } = await embed.planTraining({ runId: RUN_ID, datasetVersion, train: TRAIN });
  const { embedder } = await embed.prepareEmbedder({ runId: RUN_ID, plan, datasetVersion });
  const { chunks } = await embed.planEmbedding({ runId: RUN_ID, embedder, datasetVersion });
  for (const chunk of chunks) await embed.embedChunk({ runId: RUN_ID, embedder, chunk });
  const input = { runId: RUN_ID, plan, embedder, datasetVersion };
  return train.exportModel({ ...input, ...(await train.trainModel(input)), model: 'shapes', variant: 'fp32' });
};

/** What the registry would hold of a version; only what an evaluation reads of it matters here. */
const versionOf = async (
  fixture: Fixture,
  {
    number,
    runId,
    exported,
    datasetVersion,
  }: { number: number; runId: string; exported: ExportedModel; datasetVersion: Digest },
): Promise<ModelVersion> => {
  const interval = { value: 1, lower: 0, upper: 1, n: 1 };
  const preprocessing = (await readDocument(fixture.blobs, signatureSchema, exported.signature)).preprocessing;
  return {
    model: 'shapes',
    version: number,
    state: 'approved',
    signature: await readDocument(fixture.blobs, signatureSchema, exported.signature),
    artifacts: [exported.model, exported.golden],
    variant: 'fp32',
    variants: [],
    lineage: {
      runId,
      pipeline: 'shapes',
      pipelineDigest: datasetVersion,
      trainDigest: datasetVersion,
      datasetVersion,
      embedder: {
        schemaVersion: 'embedder.v1',
        backbone: 'efficientnet_lite0.in1k',
        weightsDigest: datasetVersion,
        onnxDigest: datasetVersion,
        precision: 'fp32',
        weightBits: 32,
        cut: 'pool',
        featureLength: 1280,
        preprocessing,
      },
      code: { graft: '0.1.0', commit: null },
      runtime: exported.runtime,
    },
    reportDigest: datasetVersion,
    gateVerdict: 'pass',
    accuracy: interval,
    accuracyBySource: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
};

describe('evaluating an exported artifact', () => {
  let fixture: Fixture;
  let images: ManifestImage[];
  let test: ManifestImage[];
  let datasetVersion: Digest;
  let exported: ExportedModel;

  const evaluate = async (change: Partial<EvaluateModelInput> = {}): Promise<Evaluation> => {
    const { report } = await fixture.activities().evaluate.evaluateModel({
      runId: RUN_ID,
      modelName: 'shapes',
      model: exported.model,
      original: null,
      signature: exported.signature,
      datasetVersion,
      gate: GATE,
      champion: null,
      ...change,
    });
    return readDocument(fixture.blobs, evaluationSchema, report);
  };

  beforeAll(async () => {
    fixture = createFixture({ trainProcessPath: await buildTrainProcess() });
    images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 5, val: 2, test: 4 } });
    test = images.filter(({ split }) => split === 'test');
    datasetVersion = await fixture.datasetVersion(images);
    exported = await makeModel(fixture, datasetVersion);
  });

  it('measures a first model against the thresholds alone, and keeps every prediction', async () => {
    const report = await evaluate();
    expect(report).toMatchObject({
      artifactDigest: exported.model.digest,
      sizeBytes: exported.model.sizeBytes,
      champion: null,
      earlierLooks: 0,
      metrics: { images: test.length },
      latency: { cpuClass: 'test' },
    });
    expect(report.latency.rounds).toBeGreaterThanOrEqual(30);
    expect(report.latency.p50Ms).toBeGreaterThan(0);
    const kept = await readDocument(fixture.blobs, predictionsSchema, report.predictionsDigest);
    expect(kept.predictions.map(({ sha256 }) => sha256)).toEqual(test.map(({ sha256 }) => sha256).sort());
    for (const { probabilities } of kept.predictions) {
      expect(probabilities.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    }
    const right = kept.predictions.filter(
      ({ label, probabilities }) => LABELS[probabilities.indexOf(Math.max(...probabilities))] === label,
    );
    expect(report.metrics.accuracy.value).toBeCloseTo(right.length / test.length, 10);
    expect(report.metrics.accuracy.value).toBeGreaterThan(0.6);
    expect(report.gate.verdict).toBe('pass');
    const finished = fixture.registry.events.findLast(({ kind }) => kind === 'finished');
    expect(finished).toMatchObject({ stage: 'evaluate', data: { images: test.length, verdict: 'pass' } });
  });

  it('says insufficient where there are fewer test images than the policy asks for', async () => {
    const report = await evaluate({ gate: pipelineGateSchema.parse({ minTestImages: 1000 }) });
    expect(report.gate.verdict).toBe('insufficient');
  });

  it('compares with the champion on images that the champion did not learn from', async () => {
    const [seenTrain, seenVal, ...unseen] = test;
    const moved = (image: ManifestImage | undefined, split: 'train' | 'val'): ManifestImage[] =>
      image ? [{ ...image, split }] : [];
    const championVersion = await fixture.datasetVersion([
      ...images.filter(({ split }) => split !== 'test'),
      ...moved(seenTrain, 'train'),
      ...moved(seenVal, 'val'),
      ...unseen.slice(0, 3),
    ]);
    const champion: ChampionRef = {
      version: 1,
      generation: 4,
      artifactDigest: exported.model.digest,
      datasetVersion: championVersion,
    };
    fixture.registry.addVersion(
      await versionOf(fixture, { number: 1, runId: 'run-0', exported, datasetVersion: championVersion }),
    );
    const report = await evaluate({ champion });
    expect(report.metrics.images).toBe(test.length);
    expect(report.champion).toMatchObject({
      version: 1,
      generation: 4,
      seenInTraining: 2,
      newLabels: [],
      metrics: { images: test.length - 2 },
      paired: { images: test.length - 2, onlyCandidateRight: 0, onlyChampionRight: 0, fixed: [], broken: [] },
    });
    // The champion's own version looked at some of these test images.
    expect(report.earlierLooks).toBe(1);
    const theirs = await readDocument(fixture.blobs, predictionsSchema, report.champion?.predictionsDigest ?? '');
    expect(theirs.predictions.map(({ sha256 }) => sha256)).toEqual(unseen.map(({ sha256 }) => sha256).sort());
  });

  it('compares shared labels alone when the candidate knows a new one', async () => {
    const known = images.filter(({ label }) => label !== 'slanted');
    const smaller = createFixture({ trainProcessPath: await buildTrainProcess() });
    for await (const { key } of fixture.objects.list('')) {
      const stored = await fixture.objects.get(key);
      if (stored) await smaller.objects.put(key, stored.bytes);
    }
    const championVersion = await smaller.datasetVersion(known, ['across', 'down']);
    const old = await makeModel(smaller, championVersion);
    smaller.registry.addVersion(
      await versionOf(smaller, { number: 1, runId: 'run-0', exported: old, datasetVersion: championVersion }),
    );
    const { report } = await smaller.activities().evaluate.evaluateModel({
      runId: RUN_ID,
      modelName: 'shapes',
      model: exported.model,
      original: null,
      signature: exported.signature,
      datasetVersion,
      gate: GATE,
      champion: { version: 1, generation: 1, artifactDigest: old.model.digest, datasetVersion: championVersion },
    });
    const read = await readDocument(smaller.blobs, evaluationSchema, report);
    const shared = test.filter(({ label }) => label !== 'slanted').length;
    expect(read.champion).toMatchObject({ newLabels: ['slanted'], seenInTraining: 0, paired: { images: shared } });
    expect(read.metrics.images).toBe(test.length);
  });

  it('refuses a champion whose labels are in another order', async () => {
    const other = createFixture();
    for await (const { key } of fixture.objects.list('')) {
      const stored = await fixture.objects.get(key);
      if (stored) await other.objects.put(key, stored.bytes);
    }
    const version = await versionOf(other, { number: 1, runId: 'run-0', exported, datasetVersion });
    other.registry.addVersion({
      ...version,
      signature: { ...version.signature, labels: [...version.signature.labels].reverse() },
    });
    await expect(
      other.activities().evaluate.evaluateModel({
        runId: RUN_ID,
        modelName: 'shapes',
        model: exported.model,
        original: null,
        signature: exported.signature,
        datasetVersion,
        gate: GATE,
        champion: { version: 1, generation: 1, artifactDigest: exported.model.digest, datasetVersion },
      }),
    ).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('append-only') });
  });

  it('takes a label that was renamed since for the one that it was', async () => {
    const renamed = createFixture();
    for await (const { key } of fixture.objects.list('')) {
      const stored = await fixture.objects.get(key);
      if (stored) await renamed.objects.put(key, stored.bytes);
    }
    const old = await versionOf(renamed, { number: 1, runId: 'run-0', exported, datasetVersion });
    renamed.registry.addVersion(old);
    const { labels } = old.signature;
    const nameOf = (label: string): string => (label === 'down' ? 'vertical' : label);
    const later = await renamed.datasetVersion(
      images.map((image) => ({ ...image, label: nameOf(image.label) })),
      labels.map(nameOf),
    );
    renamed.registry.versionFacts.set(datasetVersion, { dataset: 'shapes', labels: [...labels] });
    renamed.registry.versionFacts.set(later, { dataset: 'shapes', labels: labels.map(nameOf) });
    const { report } = await renamed.activities().evaluate.evaluateModel({
      runId: RUN_ID,
      modelName: 'shapes',
      model: exported.model,
      original: null,
      signature: await writeDocument(renamed.blobs, signatureSchema, { ...old.signature, labels: labels.map(nameOf) }),
      datasetVersion: later,
      gate: GATE,
      champion: { version: 1, generation: 1, artifactDigest: exported.model.digest, datasetVersion },
    });
    const read = await readDocument(renamed.blobs, evaluationSchema, report);
    // The champion is the candidate itself, under the label's old name: they are right about the same images.
    expect(read.champion).toMatchObject({
      newLabels: [],
      paired: { images: test.length, onlyCandidateRight: 0, onlyChampionRight: 0 },
    });
    expect(read.champion?.metrics.accuracy).toEqual(read.metrics.accuracy);
    expect(read.champion?.metrics.perClass.map(({ label }) => label)).toEqual(labels.map(nameOf));
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  backboneMeasuresSchema,
  finalistResultsSchema,
  pipelineTrainSchema,
  probeResultSchema,
  signatureSchema,
  type Digest,
  type ManifestImage,
  type ProbeResult,
  type TrainedFinalist,
} from '@graft/contracts';
import { buildCandidate, describeNetwork, loadCheckpoint, weightsOf } from '@graft/models';
import { graftPaths } from '@graft/platform';
import { createFixture, RUN_ID, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';

const TRAIN = pipelineTrainSchema.parse({ backbone: 'efficientnet_lite0', inputSize: 64 });

interface Prepared {
  readonly plan: Digest;
  readonly embedder: Digest;
  readonly datasetVersion: Digest;
}

let fixture: Fixture;
let images: ManifestImage[];
let prepared: Prepared;

const probe = async (options: Partial<Prepared> & { seed?: number; folds?: number } = {}): Promise<Digest> => {
  const { seed = 0, folds = 3, ...source } = options;
  const { embed } = fixture.activities();
  return (await embed.probeBackbone({ runId: RUN_ID, ...prepared, ...source, seed, folds })).probe;
};
const read = (digest: Digest): Promise<ProbeResult> => readDocument(fixture.blobs, probeResultSchema, digest);
const digestsOf = (chosen: readonly ManifestImage[]): string[] => chosen.map(({ sha256 }) => sha256).sort();

beforeAll(async () => {
  fixture = createFixture();
  images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 8, val: 3, test: 2 } });
  prepared = await fixture.prepare({ images, train: TRAIN });
});

describe('a probe', () => {
  it('answers every train and val image once, and no test image', async () => {
    const { right, ...found } = await read(await probe());
    expect(found.images).toEqual(digestsOf(images.filter(({ split }) => split !== 'test')));
    expect(right).toHaveLength(found.images.length);
    expect(right.filter(Boolean).length / right.length).toBeGreaterThan(0.9);
    expect(found.folds.reduce((sum, fold) => sum + fold.images, 0)).toBe(right.length);
    expect(found).toMatchObject({
      labels: LABELS.length,
      familiarity: expect.any(Number),
      familiar: expect.any(Boolean),
    });
  });

  it('is the same document again, another for another seed', async () => {
    const first = await probe({ seed: 1 });
    expect(await probe({ seed: 1 })).toBe(first);
    expect(await probe({ seed: 2 })).not.toBe(first);
  });

  it('is told as a stage of its run', async () => {
    await probe();
    const told = fixture.registry.events.filter(({ stage }) => stage === 'probe');
    expect(told.at(-1)).toMatchObject({ kind: 'finished', data: { images: 33, accuracy: expect.any(Number) } });
  });

  it('refuses more folds than there are images to part', async () => {
    await expect(probe({ folds: 50 })).rejects.toMatchObject({ code: 'dataset_unfit' });
  });
});

describe('measuring backbones', () => {
  it('says what each costs: a pruned one computes less and is smaller', async () => {
    const names = ['efficientnet_lite0', 'efficientnet_lite0:pruned60'];
    const { measures } = await fixture.activities().evaluate.measureBackbones({
      datasetVersion: prepared.datasetVersion,
      candidates: names.map((candidate) => ({ candidate, ...prepared })),
    });
    const { candidates } = await readDocument(fixture.blobs, backboneMeasuresSchema, measures);
    expect(candidates.map(({ candidate }) => candidate)).toEqual(names);
    const [whole, pruned] = candidates;
    expect(whole).toMatchObject({ backbone: 'efficientnet_lite0.in1k', parameters: 3_371_008 + 3 * 1281 });
    expect(pruned?.macs).toBeLessThanOrEqual(0.6 * (whole?.macs ?? 0));
    expect(pruned?.sizeBytes).toBeLessThan(whole?.sizeBytes ?? 0);
    for (const { latency } of candidates) expect(latency.p50Ms).toBeGreaterThan(0);
  });
});

describe('judging finalists', () => {
  it('asks each about the val images alone', async () => {
    const { blobs } = fixture;
    const backbone = describeNetwork('efficientnet_lite0');
    const { reference, expectedDigest } = weightsOf(backbone, undefined);
    const { checkpoint } = await loadCheckpoint(reference, { cacheDir: graftPaths().cacheDir, expectedDigest });
    const { onnx } = buildCandidate({ backbone, checkpoint, inputSize: 64, labels: LABELS, macsShare: null });
    const digest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
    const output = (name: string) => ({ name, shape: [-1, LABELS.length], datatype: 'FP32' as const });
    const signature = await writeDocument(blobs, signatureSchema, {
      input: { name: 'input', shape: [-1, 3, 64, 64], datatype: 'FP32' },
      outputs: [output('logits'), output('probabilities')],
      labels: [...LABELS],
      preprocessing: { ...backbone.preprocessing, inputSize: 64 },
    });
    const finalist: TrainedFinalist = {
      ...{ candidate: 'efficientnet_lite0', runId: RUN_ID, plan: prepared.plan, signature },
      model: {
        ...{ kind: 'model', variant: 'fp32', digest, sizeBytes: onnx.byteLength },
        mediaType: 'application/octet-stream',
      },
    };
    const { evaluate } = fixture.activities();
    const { datasetVersion } = prepared;
    const { finalists } = await evaluate.judgeFinalists({ datasetVersion, finalists: [finalist] });
    const results = await readDocument(blobs, finalistResultsSchema, finalists);
    expect(results.images).toEqual(digestsOf(images.filter(({ split }) => split === 'val')));
    expect(results.finalists).toMatchObject([{ candidate: 'efficientnet_lite0', strategy: 'head' }]);
    expect(results.finalists[0]?.right).toHaveLength(9);
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import { embedderSchema, type Digest, type Embedder, type ManifestImage } from '@graft/contracts';
import { createFixture, RUN_ID, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset } from '../testing/synthetic-images.js';
import { HEAD_PLAN, PARTIAL_PLAN, writePlan } from '../testing/training-plan.js';
import { embedImages } from './embed-images.js';

const INT8 = { ...PARTIAL_PLAN, embedder: 'int8' } as const;

describe('an embedder in eight bits', () => {
  let fixture: Fixture;
  let images: ManifestImage[];
  let datasetVersion: Digest;

  const prepare = async (
    options: { fixture?: Fixture; version?: Digest; plan?: typeof INT8 | typeof PARTIAL_PLAN | typeof HEAD_PLAN } = {},
  ): Promise<Digest> => {
    const { fixture: where = fixture, version = datasetVersion, plan = INT8 } = options;
    const { embedder } = await where.activities().embed.prepareEmbedder({
      ...{ runId: RUN_ID, plan: await writePlan(where.blobs, plan), datasetVersion: version },
    });
    return embedder;
  };
  const read = (embedder: Digest, { blobs } = fixture): Promise<Embedder> =>
    readDocument(blobs, embedderSchema, embedder);

  // 7-bit weights saturate on no CPU, so that what follows is the same whatever machine it runs on.
  beforeAll(async () => {
    fixture = createFixture({ cpuClass: 'avx2' });
    images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 6, val: 1, test: 1 } });
    datasetVersion = await fixture.datasetVersion(images);
  });

  it('is calibrated once: a grown dataset finds the same one', async () => {
    const first = await prepare();
    const more = await createSyntheticDataset({
      ...{ blobs: fixture.blobs, perSplit: { train: 3, val: 0, test: 0 }, firstSeed: 90 },
    });
    expect(await prepare({ version: await fixture.datasetVersion([...images, ...more]) })).toBe(first);
    const facts = fixture.registry.events.filter(({ kind }) => kind === 'finished').map(({ data }) => data);
    expect(facts).toMatchObject([{ calibrated: true, precision: 'int8', layersInFloat: 0 }, { calibrated: false }]);
  });

  it('is the same when its pipeline is new, and another where it is of other layers', async () => {
    const first = await prepare();
    const elsewhere = createFixture({ cpuClass: 'avx2', objects: fixture.objects });
    expect(await prepare({ fixture: elsewhere })).toBe(first);
    const [quantized, float] = [await read(first), await read(await prepare({ plan: PARTIAL_PLAN }))];
    expect(quantized).toMatchObject({ precision: 'int8', weightBits: 7 });
    expect(float).toMatchObject({ precision: 'fp32', weightBits: 32, cut: quantized.cut, shape: quantized.shape });
    const vectors = await prepare({ plan: { ...INT8, cut: HEAD_PLAN.cut } });
    expect(await read(vectors)).toMatchObject({ precision: 'int8', cut: HEAD_PLAN.cut });
  });

  it('gives activations close to those in float32', async () => {
    const digests = images.slice(0, 4).map(({ sha256 }) => sha256);
    const activations = async (plan: typeof INT8 | typeof PARTIAL_PLAN): Promise<Float32Array> => {
      const embedder = await read(await prepare({ plan }));
      const { blobs, runtimes } = fixture;
      return (
        await runtimes.use(embedder.onnxDigest, (runtime) => embedImages({ images: digests, embedder, runtime, blobs }))
      ).values;
    };
    const [found, expected] = [await activations(INT8), await activations(PARTIAL_PLAN)];
    let [dot, ours, theirs] = [0, 0, 0];
    for (let at = 0; at < expected.length; at++) {
      const [a, b] = [found[at] ?? NaN, expected[at] ?? NaN];
      dot += a * b;
      ours += a ** 2;
      theirs += b ** 2;
    }
    expect(found).not.toEqual(expected);
    expect(dot / Math.sqrt(ours * theirs)).toBeGreaterThan(0.97);
  });

  it('has weights of 8 bits where none could saturate', async () => {
    const newer = createFixture({ cpuClass: 'avx512-vnni', objects: fixture.objects });
    expect(await read(await prepare({ fixture: newer }))).toMatchObject({ weightBits: 8 });
  });
});

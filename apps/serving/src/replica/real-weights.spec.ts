/** The same with a network of real size: EfficientNet-lite0 under a head of its own for each version. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOfBytes, goldenSchema, toCanonicalDocument, type Classification, type Servable } from '@graft/contracts';
import {
  buildEmbedder,
  findBackbone,
  joinHead,
  loadOnnxModel,
  preprocessImage,
  readCheckpoint,
  resolveWeights,
} from '@graft/models';
import { detectCpuClass, graftPaths } from '@graft/platform';
import { deploymentOf, preparationOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { createPng } from '../testing/png.js';

const MODEL = 'photos';
const LABELS = ['first', 'second'];
const IMAGE = createPng({ size: 300, rgb: [200, 120, 40] });

describe('a replica with EfficientNet-lite0', () => {
  let fixture: Fixture;
  const servables: Servable[] = [];

  beforeAll(async () => {
    fixture = await createFixture();
    const backbone = findBackbone('efficientnet_lite0');
    const { path } = await resolveWeights(backbone.weights, {
      cacheDir: graftPaths().cacheDir,
      expectedDigest: backbone.weightsDigest,
    });
    const { onnx: embedderOnnx, featureLength } = buildEmbedder({
      backbone,
      checkpoint: readCheckpoint(await readFile(path)),
    });
    for (const version of [1, 2]) {
      const onnx = joinHead({
        embedderOnnx,
        head: {
          weights: new Float32Array(LABELS.length * featureLength),
          bias: Float32Array.of(version === 1 ? 3 : 0, version === 1 ? 0 : 3),
        },
        labels: LABELS,
        metadata: {},
      });
      const artifactDigest = digestOfBytes(onnx);
      const runtime = await loadOnnxModel(onnx, { threads: 2 });
      const { probabilities = new Float32Array() } = await runtime.run(
        await preprocessImage(IMAGE, backbone.preprocessing),
        1,
      );
      await runtime.dispose();
      const { bytes: goldenBytes } = toCanonicalDocument(goldenSchema, {
        schemaVersion: 'golden.v1',
        artifactDigest,
        cpuClass: detectCpuClass(),
        cases: [{ sha256: digestOfBytes(IMAGE), probabilities: [...probabilities] }],
        tolerance: { sameClass: 1e-4, otherClass: 5e-3 },
      });
      for (const bytes of [onnx, IMAGE]) await fixture.blobs.put(bytes);
      const goldenDigest = await fixture.blobs.put(goldenBytes);
      fixture.registry.register({
        model: MODEL,
        version,
        signature: {
          ...runtime.signature,
          input: { ...runtime.signature.input, shape: [...runtime.signature.input.shape] },
          outputs: runtime.signature.outputs.map((output) => ({ ...output, shape: [...output.shape] })),
          labels: LABELS,
          preprocessing: backbone.preprocessing,
        },
        artifacts: [
          {
            kind: 'model',
            variant: 'fp32',
            digest: artifactDigest,
            sizeBytes: onnx.length,
            mediaType: 'application/onnx',
          },
        ],
      });
      servables.push({ version, variant: 'fp32', artifactDigest, goldenDigest });
    }
  });
  afterAll(() => fixture.dispose());

  it('prepares the next version while it serves, and swaps back within 50 ms of the news', async () => {
    const [one, two] = servables;
    if (one === undefined || two === undefined) throw new Error('no versions');
    const deploy = (generation: number, target: Servable, previous: Servable | null): void => {
      fixture.registry.desire({
        deployments: [deploymentOf({ model: MODEL, generation, target, previous })],
        preparations: [],
      });
      fixture.registry.tell('deployment');
    };
    const acknowledged = (generation: number): boolean =>
      fixture.registry.reports.at(-1)?.serving[0]?.generation === generation;
    deploy(1, one, null);
    const { url } = await fixture.start({ threads: 2, cpuClass: detectCpuClass(), maxImageBytes: 1_000_000 });
    await eventually(() => acknowledged(1));
    const classify = async (): Promise<Classification> => {
      const response = await fetch(`${url}/v1/models/${MODEL}:classify`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: IMAGE,
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Classification;
    };

    let stop = false;
    const answers: Classification[] = [];
    const clients = [1, 2].map(async () => {
      while (!stop) answers.push(await classify());
    });
    fixture.registry.desire({ preparations: [preparationOf({ promotionId: 'p', model: MODEL, target: two })] });
    fixture.registry.tell('preparation');
    await eventually(() => fixture.registry.reports.at(-1)?.prepared[0]?.ok === true);
    expect(answers.every(({ version }) => version === 1)).toBe(true);
    deploy(2, two, one);
    await eventually(() => acknowledged(2));

    const swapTo = async (generation: number): Promise<void> => {
      if (generation % 2 === 1) deploy(generation, one, two);
      else deploy(generation, two, one);
      await eventually(() => acknowledged(generation));
    };
    for (let generation = 3; generation <= 6; generation += 1) await swapTo(generation);
    stop = true;
    await Promise.all(clients);
    for (const { generation, version, classes } of answers) {
      expect(version).toBe(generation % 2 === 1 ? 1 : 2);
      expect(classes[0]?.label).toBe(LABELS[version - 1]);
    }
  });
});

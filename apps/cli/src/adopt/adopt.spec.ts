import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createContentStore, createMemoryStore, readDocument } from '@graft/artifacts';
import {
  digestOfBytes,
  goldenSchema,
  isAdopted,
  type Deployment,
  type DatasetVersion,
  type ManifestImage,
  type ModelVersion,
  type NewAdoption,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data';
import { encodeOnnx, loadOnnxModel, preprocessImage, type OnnxModel } from '@graft/models';
import sharp from 'sharp';
import { adoptModel, type AdoptRequest } from './adopt-model.js';
import { parseLabels, placeLabels } from './labels.js';
import { choosePreprocessing, findPreprocessing } from './preprocessing.js';

const SIDE = 16;

/** One colour. */
const png = (r: number, g: number, b: number): Promise<Buffer> =>
  sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

/** Says which colour is strongest: the means of red, green and blue, as logits. Channels last, as TensorFlow exports them. */
const colourModel = (changes: Partial<OnnxModel> = {}): Uint8Array =>
  encodeOnnx({
    graphName: 'colours',
    inputs: [{ name: 'image', shape: ['n', SIDE, SIDE, 3] }],
    outputs: [{ name: 'scores', shape: ['n', 3] }],
    nodes: [
      {
        ...{ name: 'turn', operator: 'Transpose', inputs: ['image'], outputs: ['turned'] },
        attributes: { perm: [0, 3, 1, 2] },
      },
      { name: 'pool', operator: 'GlobalAveragePool', inputs: ['turned'], outputs: ['pooled'], attributes: {} },
      { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: ['scores'], attributes: {} },
    ],
    initializers: [],
    metadata: {},
    ...changes,
  });

/** Images of three colours; the dataset's labels are in another order than the model's outputs. */
const createWorld = async () => {
  const blobs = createContentStore(createMemoryStore());
  const images: ManifestImage[] = [];
  for (const [label, ...colour] of [
    ['blue', 0, 0, 1],
    ['green', 0, 1, 0],
    ['red', 1, 0, 0],
    ['grey', 1, 1, 1],
  ] as const) {
    for (const strength of [150, 180, 205, 230]) {
      const [red, green, blue] = colour.map((share) => 20 + share * strength) as [number, number, number];
      const sha256 = await blobs.put(await png(red, green, blue));
      images.push({
        ...{ sha256, pixelSha256: sha256, perceptualHash: '0123456789abcdef', label, group: null, split: 'test' },
        ...{ source: 'lab', key: `colours/${label}/${strength}.png`, width: SIDE, height: SIDE, sizeBytes: 100 },
      });
    }
  }
  images.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const { id } = await writeDatasetVersion(blobs, {
    ...{ dataset: 'colours', labels: ['blue', 'green', 'red', 'grey'], images },
  });
  const registered: NewAdoption[] = [];
  const registry = {
    listPipelines: async () => [],
    getDeployment: async (): Promise<Deployment | null> => null,
    getModelVersion: async () => MADE,
    listModelVersions: async (): Promise<ModelVersion[]> => [],
    adoptVersion: async (model: string, adoption: NewAdoption) => {
      registered.push(adoption);
      return { ...adoption, model, version: 1, state: 'approved', createdAt: '2026-11-26T09:00:00Z' } as ModelVersion;
    },
  };
  const request = async (changes: Partial<AdoptRequest> = {}): Promise<AdoptRequest> => ({
    ...{ model: 'colours', file: { path: 'old/model.onnx', bytes: colourModel() }, labels: ['red', 'green', 'blue'] },
    ...{ datasetVersion: { id } as DatasetVersion, preprocessing: await choosePreprocessing('unit') },
    ...{
      preprocessingName: 'unit',
      variant: 'fp32',
      environment: 'production',
      reason: 'it served',
      overrideGate: false,
    },
    ...changes,
  });
  return { blobs, images, registry, registered, request };
};

describe('adopting a model', () => {
  it('registers it in the form that serves, judged on the test images whose labels it knows', async () => {
    const { blobs, images, registry, registered, request } = await createWorld();
    const { evaluation, leftOut, changes } = await adoptModel({ registry, blobs }, await request());
    expect(leftOut).toBe(4);
    expect(evaluation.metrics).toMatchObject({ images: 12, accuracy: { value: 1 } });
    expect(evaluation.champion).toBeNull();
    expect(changes).toHaveLength(3);
    const [adoption] = registered;
    expect(adoption?.signature).toMatchObject({
      input: { name: 'graft_input', shape: [-1, 3, SIDE, SIDE] },
      labels: ['blue', 'green', 'red'],
      preprocessing: { inputSize: SIDE, std: [255, 255, 255] },
    });
    expect(adoption && isAdopted(adoption.lineage) && adoption.lineage.adopted).toMatchObject({
      file: 'model.onnx',
      opset: 17,
    });
    // A replica that loads the artifact finds the golden outputs.
    const digestOf = (kind: string): string => adoption?.artifacts.find((one) => one.kind === kind)?.digest ?? '';
    const golden = await readDocument(blobs, goldenSchema, digestOf('golden'));
    const runtime = await loadOnnxModel(await blobs.get(digestOf('model')));
    for (const { sha256, probabilities } of golden.cases) {
      const input = await preprocessImage(await blobs.get(sha256), (await choosePreprocessing('unit')).of(SIDE));
      const { probabilities: found = new Float32Array() } = await runtime.run(input, 1);
      probabilities.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 5));
      const label = images.find((image) => image.sha256 === sha256)?.label;
      expect(['blue', 'green', 'red'][probabilities.indexOf(Math.max(...probabilities))]).toBe(label);
    }
    await runtime.dispose();
  });

  it('keeps a model that gives probabilities as it is, but for names and places', async () => {
    const { blobs, registry, request } = await createWorld();
    const withSoftmax = colourModel({
      nodes: [
        {
          ...{ name: 'turn', operator: 'Transpose', inputs: ['image'], outputs: ['turned'] },
          attributes: { perm: [0, 3, 1, 2] },
        },
        { name: 'pool', operator: 'GlobalAveragePool', inputs: ['turned'], outputs: ['pooled'], attributes: {} },
        { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: ['logits'], attributes: {} },
        { name: 'soft', operator: 'Softmax', inputs: ['logits'], outputs: ['scores'], attributes: {} },
      ],
    });
    const file = { path: 'model.onnx', bytes: withSoftmax };
    const { changes, evaluation } = await adoptModel({ registry, blobs }, await request({ file }));
    expect(changes.join()).not.toContain('Softmax');
    expect(evaluation.metrics.accuracy.value).toBe(1);
  });

  it('refuses one that the gate fails, and says what may be wrong; forced, it is registered', async () => {
    const { blobs, registry, registered, request } = await createWorld();
    const strict = { ...registry, listPipelines: async () => [STRICT] as never };
    const swapped = await request({ labels: ['blue', 'green', 'red'] });
    await expect(adoptModel({ registry: strict, blobs }, swapped)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('order of its labels'),
    });
    expect(registered).toEqual([]);
    await adoptModel({ registry: strict, blobs }, { ...swapped, overrideGate: true });
    expect(registered).toMatchObject([{ gateVerdict: 'fail' }]);
  });

  it('refuses it over what a run made before anything is judged, unless it was adopted before', async () => {
    const { blobs, registry, registered, request } = await createWorld();
    const judged: number[] = [];
    const served = { target: { version: 3 }, generation: 2 } as Deployment;
    const serving = { ...registry, getDeployment: async () => served };
    await expect(
      adoptModel({ registry: serving, blobs }, await request(), (done) => judged.push(done)),
    ).rejects.toThrow('production serves version 3 of colours already, which a run made');
    expect([judged, registered]).toEqual([[], []]);
    const before = { lineage: { adopted: { fileDigest: digestOfBytes(colourModel()) } } } as ModelVersion;
    await adoptModel(
      { registry: { ...serving, listModelVersions: async () => [MADE, before] }, blobs },
      await request(),
    );
    expect(registered).toHaveLength(1);
  });

  const strange = colourModel({
    nodes: [{ name: 'x', operator: 'NoSuchOperator', inputs: ['image'], outputs: ['scores'], attributes: {} }],
  });
  /** Its opset is said to be 127: OperatorSetIdProto {domain: "", version: 17} with another version. */
  const future = Buffer.from(colourModel());
  future[future.indexOf(Buffer.from([0x42, 0x04, 0x0a, 0x00, 0x10, 17])) + 5] = 127;
  it.each([
    { name: 'text', bytes: Buffer.from('not a model'), says: 'model.onnx: this is no ONNX model' },
    { name: 'an unknown operator', bytes: strange, says: "can't load it: " },
    { name: 'an opset of the future', bytes: future, says: 'export it with an older opset, such as 17 (it has 127)' },
    {
      name: 'another number of classes',
      bytes: colourModel({ outputs: [{ name: 'scores', shape: ['n', 7] }] }),
      says: 'a number for each of the 3 labels; it has scores [n, 7]',
    },
  ])('refuses $name before anything is registered', async ({ bytes, says }) => {
    const { blobs, registry, registered, request } = await createWorld();
    const file = { path: 'model.onnx', bytes: new Uint8Array(bytes) };
    await expect(adoptModel({ registry, blobs }, await request({ file }))).rejects.toMatchObject({
      ...{ code: 'checkpoint_unfit', message: expect.stringContaining(says) },
    });
    expect(registered).toEqual([]);
  });
});

const MADE = { lineage: { runId: 'a run' } } as ModelVersion;
const STRICT = { pipeline: { name: 'colours', gate: { minAccuracy: 0.9 } } };

describe('the preprocessing of an adopted model', () => {
  it('is that of the document beside its file, where nothing is said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graft-adopt-'));
    try {
      expect(findPreprocessing(join(folder, 'model.onnx'))).toBe('torchvision');
      const document = (await choosePreprocessing('unit')).of(SIDE);
      await writeFile(join(folder, 'preprocessing.json'), JSON.stringify(document));
      const found = findPreprocessing(join(folder, 'model.onnx'));
      expect((await choosePreprocessing(found)).of(0)).toEqual(document);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('labels of an adopted model', () => {
  it('are read a line each, and refused with the line', () => {
    expect(parseLabels('\uFEFFred\r\nlight  blue\n\n', 'labels.txt')).toEqual(['red', 'light blue']);
    expect(() => parseLabels('red\n\nblue', 'labels.txt')).toThrow('labels.txt, line 2');
    expect(() => parseLabels('red\nred', 'labels.txt')).toThrow('"red" is there twice');
  });

  it('take the places that they have in the dataset', () => {
    const root = { dataset: 'd', labels: ['a', 'b', 'c'], renamed: { old: 'b' } };
    expect(placeLabels(['old', 'a'], root)).toEqual({ labels: ['a', 'b'], order: [1, 0] });
    expect(() => placeLabels(['a', 'x'], root)).toThrow('dataset d has no label "x"; it has "a", "b", "c"');
    expect(() => placeLabels(['a', 'c'], root)).toThrow(`the model doesn't know "b"`);
  });
});

/** The ONNX and tfjs forms of a backbone say the same, and what is in the picture. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { preprocessImage } from '../preprocess/preprocess-image.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import type { Runtime } from '../runtime/runtime.js';
import { loadTfjsModel } from '../runtime/tfjs.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { findPhoto, loadLite0 } from '../testing/lite0.js';
import { buildClassifier } from './build-classifier.js';
import { buildEmbedder, type BackboneSource } from './build-embedder.js';

/** Largest absolute difference as a share of the largest value. */
const relativeDifference = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  const largest = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return a.reduce((max, value, index) => Math.max(max, Math.abs(value - (b[index] ?? NaN))), 0) / largest;
};

const outputOf = (outputs: Record<string, Float32Array>, name: string): Float32Array => {
  const values = outputs[name];
  if (values === undefined) throw new Error(`no output ${name}, but ${Object.keys(outputs).join(', ')}`);
  return values;
};

const indexOfLargest = (values: Float32Array): number => values.indexOf(Math.max(...values));

/** ImageNet's classes: 309 is "bee", 310 is "ant". */
const PHOTOS = [
  { path: 'val/ants/1440002809_b268d9a66a.jpg', top: 310 },
  { path: 'val/bees/1799729694_0c40101071.jpg', top: 309 },
];

let source: BackboneSource;
let embedder: Runtime;
let classifier: Runtime;
let tfjs: Runtime;
beforeAll(async () => {
  source = await loadLite0();
  embedder = await loadOnnxModel(buildEmbedder(source).onnx, { threads: 2 });
  classifier = await loadOnnxModel(buildClassifier(source), { threads: 2 });
  tfjs = await loadTfjsModel(source);
});
afterAll(async () => {
  await Promise.all([embedder, classifier, tfjs].map((runtime) => runtime?.dispose()));
});

const compareForms = async (input: Float32Array, batch: number): Promise<number[]> => {
  const [features, served, trained] = [
    await embedder.run(input, batch),
    await classifier.run(input, batch),
    await tfjs.run(input, batch),
  ];
  const pairs = [
    [outputOf(features, 'features'), outputOf(trained, 'features')],
    [outputOf(served, 'logits'), outputOf(trained, 'logits')],
    [outputOf(served, 'probabilities'), outputOf(trained, 'probabilities')],
  ] as const;
  return pairs.map(([onnx, other]) => relativeDifference(onnx, other));
};

/** A picture with edges, colours and a gradient: waves that differ by channel. */
const syntheticImage = (): Promise<Buffer> => {
  const [width, height] = [311, 257];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    return 127 + 127 * Math.sin((x * (channel + 1)) / 23) * Math.cos(y / (11 + channel));
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
};

describe('EfficientNet-lite0 with its ImageNet weights', () => {
  it('gives the same features, logits and probabilities in ONNX as in tfjs, to 1e-4', async () => {
    const image = await preprocessImage(await syntheticImage(), source.backbone.preprocessing);
    const pair = Float32Array.from([...image, ...image.toReversed()]);
    for (const difference of await compareForms(pair, 2)) expect(difference).toBeLessThan(1e-4);
  });

  it.each(PHOTOS)('sees class $top on the photo $path, in both forms, to 1e-4', async ({ path, top }) => {
    const photo = findPhoto(path);
    if (photo === null) {
      console.warn(`skipped: the photo ${path} of the hymenoptera set is not on this machine`);
      return;
    }
    const image = await preprocessImage(await readFile(photo), source.backbone.preprocessing);
    for (const difference of await compareForms(image, 1)) expect(difference).toBeLessThan(1e-4);
    const outputs = [await classifier.run(image, 1), await tfjs.run(image, 1)];
    for (const output of outputs) expect(indexOfLargest(outputOf(output, 'probabilities'))).toBe(top);
  });

  it('gives an image the same features alone as in a batch', async () => {
    const image = await preprocessImage(await syntheticImage(), source.backbone.preprocessing);
    const alone = outputOf(await embedder.run(image, 1), 'features');
    const batch = outputOf(await embedder.run(Float32Array.from([...image.toReversed(), ...image]), 2), 'features');
    expect(relativeDifference(alone, batch.subarray(1280))).toBeLessThan(1e-5);
  });

  it('has the signature that it promises', () => {
    expect(embedder.signature).toEqual({
      input: { name: 'input', shape: [-1, 3, 224, 224], datatype: 'FP32' },
      outputs: [{ name: 'features', shape: [-1, 1280], datatype: 'FP32' }],
    });
    expect(classifier.signature.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', [-1, 1000]],
      ['probabilities', [-1, 1000]],
    ]);
  });

  it('is exported to the same bytes every time, on every machine', () => {
    const { onnx, cut, featureLength } = buildEmbedder(source);
    // Activation caches and registered versions hang on these bytes: a change here embeds every image again.
    expect(createHash('sha256').update(onnx).digest('hex')).toBe(
      '45ab5f78ecc7a371d42e78fb0d7ad4b1929912941ab45e013bdeeb6c5b36531f',
    );
    expect({ cut, featureLength }).toEqual({ cut: 'pool', featureLength: 1280 });
  });

  it('refuses an input that does not fit, and a run after it was disposed of', async () => {
    await expect(embedder.run(new Float32Array(5), 1)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(tfjs.run(new Float32Array(3 * 224 * 224), 2)).rejects.toMatchObject({ code: 'invalid_request' });
    const other = await loadOnnxModel(buildEmbedder(source).onnx);
    await other.dispose();
    await other.dispose();
    await expect(other.run(new Float32Array(3 * 224 * 224), 1)).rejects.toMatchObject({ code: 'internal' });
  });

  it('leaks no tensor', async () => {
    const { tf } = loadTensorFlow();
    const before = tf.memory().numTensors;
    const model = await loadTfjsModel(source);
    await model.run(new Float32Array(3 * 224 * 224), 1);
    await model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a checkpoint that lacks a tensor, has one too many, or has one of another shape', () => {
    const change = (edit: (tensors: Map<string, unknown>) => void): (() => unknown) => {
      const checkpoint = new Map(source.checkpoint);
      edit(checkpoint);
      return () => buildClassifier({ ...source, checkpoint });
    };
    expect(change((tensors) => tensors.delete('_blocks.3._bn1.bias'))).toThrow('missing: "_blocks.3._bn1.bias" [144]');
    expect(change((tensors) => tensors.set('_extra.weight', tensors.get('_fc.bias')))).toThrow(
      'unexpected: "_extra.weight"',
    );
    expect(change((tensors) => tensors.set('_conv_head.weight', tensors.get('_fc.bias')))).toThrow(
      '"_conv_head.weight" is [1000], expected [1280, 320, 1, 1]',
    );
  });

  it('has the same embedder when the checkpoint has another classifier, or none', () => {
    const without = new Map(source.checkpoint);
    without.delete('_fc.weight');
    without.delete('_fc.bias');
    const [bare, whole] = [{ ...source, checkpoint: without }, source].map((each) => buildEmbedder(each).onnx);
    expect(Buffer.compare(bare ?? new Uint8Array(), whole ?? new Uint8Array())).toBe(0);
  });
});

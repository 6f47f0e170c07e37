/** Real ONNX models of a few numbers: the mean colour of an image, times a matrix. They load and run in a millisecond. */
import {
  digestOfBytes,
  goldenSchema,
  toCanonicalDocument,
  type Digest,
  type Golden,
  type Signature,
} from '@graft/contracts';
import { encodeOnnx, loadOnnxModel, preprocessImage } from '@graft/models';
import { createPng } from './png.js';

export const LABELS = ['red', 'green', 'blue'] as const;
export const SIZE = 8;

export const SIGNATURE: Signature = {
  input: { name: 'input', shape: [-1, 3, SIZE, SIZE], datatype: 'FP32' },
  outputs: ['logits', 'probabilities'].map((name) => ({ name, shape: [-1, LABELS.length], datatype: 'FP32' as const })),
  labels: [...LABELS],
  preprocessing: {
    schemaVersion: 'preprocessing.v1',
    inputSize: SIZE,
    cropShare: 1,
    interpolation: 'bilinear',
    mean: [0, 0, 0],
    std: [255, 255, 255],
  },
};

export const RED = createPng({ size: 16, rgb: [255, 0, 0] });
export const GREEN = createPng({ size: 16, rgb: [0, 255, 0] });

/** Says the label of the strongest channel; `turn` shifts the labels, so that versions answer differently. */
export const createTinyOnnx = ({ turn = 0, scale = 4 }: { turn?: number; scale?: number } = {}): Uint8Array => {
  const weights = new Float32Array(9);
  for (let channel = 0; channel < 3; channel += 1) weights[((channel + turn) % 3) * 3 + channel] = scale;
  const node = (operator: string, inputs: string[], output: string, attributes = {}) => ({
    name: output,
    operator,
    inputs,
    outputs: [output],
    attributes,
  });
  return encodeOnnx({
    graphName: 'tiny',
    inputs: [{ name: 'input', shape: ['n', 3, SIZE, SIZE] }],
    outputs: ['logits', 'probabilities'].map((name) => ({ name, shape: ['n', LABELS.length] })),
    nodes: [
      node('GlobalAveragePool', ['input'], 'mean'),
      node('Flatten', ['mean'], 'colour', { axis: 1 }),
      node('Gemm', ['colour', 'weights', 'bias'], 'logits', { transB: 1 }),
      node('Softmax', ['logits'], 'probabilities', { axis: 1 }),
    ],
    initializers: [
      { name: 'weights', shape: [3, 3], data: weights },
      { name: 'bias', shape: [3], data: new Float32Array(3) },
    ],
    metadata: {},
  });
};

export interface TinyVersion {
  readonly onnx: Uint8Array;
  readonly artifactDigest: Digest;
  readonly golden: Golden;
  readonly goldenBytes: Uint8Array;
  readonly goldenDigest: Digest;
}

/** With the golden outputs that the model really gives. */
export const createTinyVersion = async (options: { turn?: number; scale?: number } = {}): Promise<TinyVersion> => {
  const onnx = createTinyOnnx(options);
  const artifactDigest = digestOfBytes(onnx);
  const runtime = await loadOnnxModel(onnx, { threads: 1 });
  const cases = [];
  for (const image of [RED, GREEN]) {
    const { probabilities = new Float32Array() } = await runtime.run(
      await preprocessImage(image, SIGNATURE.preprocessing),
      1,
    );
    cases.push({ sha256: digestOfBytes(image), probabilities: [...probabilities] });
  }
  await runtime.dispose();
  const golden: Golden = {
    schemaVersion: 'golden.v1',
    artifactDigest,
    cpuClass: 'avx2',
    cases,
    tolerance: { sameClass: 1e-5, otherClass: 1e-3 },
  };
  const { bytes, digest } = toCanonicalDocument(goldenSchema, golden);
  return { onnx, artifactDigest, golden, goldenBytes: bytes, goldenDigest: digest };
};

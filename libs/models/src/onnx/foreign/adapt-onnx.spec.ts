import { describe, expect, it } from '@jest/globals';
import { loadOnnxModel } from '../../runtime/onnxruntime.js';
import { encodeOnnx, type OnnxModel } from '../onnx-model.js';
import { adaptOnnx, type AdaptOptions } from './adapt-onnx.js';
import { concat, fieldsOf, lengthField, numberField } from './wire.js';

const SIZE = 8;

/** Means of the colours, as [n, 3]; `shape` is what the input says of itself. */
const colours = (changes: Partial<OnnxModel> & { shape?: (number | string)[]; output?: string } = {}): Uint8Array => {
  const { shape = ['n', 3, SIZE, SIZE], output = 'out', ...rest } = changes;
  return encodeOnnx({
    graphName: 'colours',
    inputs: [{ name: 'pixels', shape }],
    outputs: [{ name: output, shape: ['n', 3] }],
    nodes: [
      { name: 'pool', operator: 'GlobalAveragePool', inputs: ['pixels'], outputs: ['pooled'], attributes: {} },
      { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: [output], attributes: {} },
    ],
    initializers: [],
    metadata: {},
    ...rest,
  });
};
/** The same, of images whose channels come last. */
const coloursLast = (): Uint8Array =>
  colours({
    shape: ['n', SIZE, SIZE, 3],
    nodes: [
      {
        ...{ name: 'turn', operator: 'Transpose', inputs: ['pixels'], outputs: ['turned'] },
        attributes: { perm: [0, 3, 1, 2] },
      },
      { name: 'pool', operator: 'GlobalAveragePool', inputs: ['turned'], outputs: ['pooled'], attributes: {} },
      { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: ['out'], attributes: {} },
    ],
  });

/** [1, 3, size, size] of one colour. */
const image = (...colour: number[]): Float32Array =>
  Float32Array.from({ length: 3 * SIZE * SIZE }, (_, at) => colour[Math.floor(at / (SIZE * SIZE))] ?? 0);
const run = async (onnx: Uint8Array, input: Float32Array, batch = 1): Promise<number[]> => {
  const runtime = await loadOnnxModel(onnx, { threads: 1 });
  try {
    const { probabilities = new Float32Array() } = await runtime.run(input, batch);
    return Array.from(probabilities, (value) => Number(value.toFixed(4)));
  } finally {
    await runtime.dispose();
  }
};
const OPTIONS: AdaptOptions = { classes: 3, givesProbabilities: true };
const softmax = (values: readonly number[]): number[] => {
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return values.map((value) => Number((Math.exp(value) / sum).toFixed(4)));
};

describe('adaptOnnx', () => {
  it('gives what is served its name, and leaves the rest', async () => {
    const { onnx, layout, inputSize, opset, changes } = adaptOnnx(colours(), OPTIONS);
    expect({ layout, inputSize, opset }).toEqual({ layout: 'NCHW', inputSize: SIZE, opset: 17 });
    expect(changes).toEqual(['its output "out" is called probabilities']);
    expect(await run(onnx, image(0.5, 0.25, 0.25))).toEqual([0.5, 0.25, 0.25]);
  });

  it('leaves a model as it is that serves already, but for what its shapes say', async () => {
    const { onnx, changes } = adaptOnnx(colours({ output: 'probabilities' }), OPTIONS);
    expect(changes).toEqual([]);
    expect(await run(onnx, image(0.5, 0.25, 0.25))).toEqual([0.5, 0.25, 0.25]);
  });

  it('makes probabilities of what else it gives', async () => {
    const { onnx } = adaptOnnx(colours(), { ...OPTIONS, givesProbabilities: false });
    expect(await run(onnx, image(1, 2, 3))).toEqual(softmax([1, 2, 3]));
  });

  it('puts channels first where they come last', async () => {
    const { onnx, layout, inputName, changes } = adaptOnnx(coloursLast(), OPTIONS);
    expect([layout, inputName, changes.length]).toEqual(['NHWC', 'graft_input', 2]);
    expect(await run(onnx, image(0.5, 0.375, 0.125))).toEqual([0.5, 0.375, 0.125]);
  });

  it('puts classes in another order, before or without a softmax', async () => {
    const order = [2, 0, 1];
    expect(await run(adaptOnnx(colours(), { ...OPTIONS, order }).onnx, image(0.5, 0.375, 0.125))).toEqual([
      0.125, 0.5, 0.375,
    ]);
    const logits = adaptOnnx(colours(), { ...OPTIONS, order, givesProbabilities: false });
    expect(await run(logits.onnx, image(1, 2, 3))).toEqual(softmax([3, 1, 2]));
  });

  it('makes room for the name of what is served', async () => {
    const given = colours({ output: 'probabilities' });
    const ordered = adaptOnnx(given, { ...OPTIONS, order: [2, 0, 1] });
    expect(ordered.changes).toEqual(["its classes are in the order of the dataset's labels: a Gather follows it"]);
    expect(await run(ordered.onnx, image(0.5, 0.375, 0.125))).toEqual([0.125, 0.5, 0.375]);
    const scores = adaptOnnx(given, { ...OPTIONS, givesProbabilities: false });
    expect(await run(scores.onnx, image(1, 2, 3))).toEqual(softmax([1, 2, 3]));
    const within = colours({
      nodes: [
        { name: 'pool', operator: 'GlobalAveragePool', inputs: ['pixels'], outputs: ['probabilities'], attributes: {} },
        { name: 'flat', operator: 'Flatten', inputs: ['probabilities'], outputs: ['out'], attributes: {} },
      ],
    });
    expect(await run(adaptOnnx(within, OPTIONS).onnx, image(0.5, 0.25, 0.25))).toEqual([0.5, 0.25, 0.25]);
  });

  it('adapts what it has adapted before, again and again', async () => {
    const order = [2, 0, 1];
    let onnx = colours({ output: 'probabilities' });
    for (const expected of [
      [0.125, 0.5, 0.375],
      [0.375, 0.125, 0.5],
      [0.5, 0.375, 0.125],
    ]) {
      ({ onnx } = adaptOnnx(onnx, { ...OPTIONS, order }));
      expect(await run(onnx, image(0.5, 0.375, 0.125))).toEqual(expected);
    }
    const scores = adaptOnnx(colours(), { ...OPTIONS, order, givesProbabilities: false }).onnx;
    const twice = adaptOnnx(scores, { ...OPTIONS, order, givesProbabilities: false }).onnx;
    expect(await run(twice, image(1, 2, 3))).toEqual(softmax(softmax([2, 3, 1])));
  });

  it('refuses where a branch reads what would be renamed', () => {
    const branch = lengthField(5, concat([lengthField(1, 'body'), lengthField(6, lengthField(2, 'probabilities'))]));
    const looped = concat(
      [...fieldsOf(colours({ output: 'probabilities' }))].map(({ number, bytes, whole }) =>
        number === 7
          ? lengthField(
              7,
              concat([bytes, lengthField(1, concat([lengthField(2, 'x'), lengthField(4, 'Loop'), branch]))]),
            )
          : whole,
      ),
    );
    expect(() => adaptOnnx(looped, { ...OPTIONS, order: [2, 0, 1] })).toThrow(
      expect.objectContaining({ code: 'checkpoint_unfit', message: expect.stringContaining('in a branch or a loop') }),
    );
  });

  it('opens a batch that was exported as one image', async () => {
    const { onnx } = adaptOnnx(colours({ shape: [1, 3, SIZE, SIZE] }), OPTIONS);
    const two = Float32Array.from([...image(1, 0, 0), ...image(0, 1, 0)]);
    expect(await run(onnx, two, 2)).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it("takes what is called probabilities of several outputs, as Graft's own exports have them", async () => {
    const ofOwn = colours({
      outputs: ['logits', 'probabilities'].map((name) => ({ name, shape: ['n', 3] })),
      nodes: [
        { name: 'pool', operator: 'GlobalAveragePool', inputs: ['pixels'], outputs: ['pooled'], attributes: {} },
        { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: ['logits'], attributes: {} },
        { name: 'soft', operator: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: { axis: 1 } },
      ],
    });
    const { onnx, changes } = adaptOnnx(ofOwn, OPTIONS);
    expect(changes).toEqual([]);
    expect(await run(onnx, image(1, 0, 0))).toEqual(softmax([1, 0, 0]));
  });

  it('serves one size of a model that takes any', async () => {
    const any = colours({ shape: ['n', 3, 'height', 'width'] });
    expect(() => adaptOnnx(any, OPTIONS)).toThrow(
      'takes images of any size, and one is served: name it (--input-size 224)',
    );
    expect(await run(adaptOnnx(any, { ...OPTIONS, inputSize: SIZE }).onnx, image(1, 0, 0))).toEqual([1, 0, 0]);
  });

  /** The model with its graph changed: other fields appended to it. */
  const withGraph = (...more: Uint8Array[]): Uint8Array =>
    concat(
      [...fieldsOf(colours())].map(({ number, bytes, whole }) =>
        number === 7 ? lengthField(7, concat([bytes, ...more])) : whole,
      ),
    );
  const custom = lengthField(1, concat([lengthField(2, 'x'), lengthField(4, 'Magic'), lengthField(7, 'acme')]));
  const external = lengthField(5, concat([lengthField(8, 'w'), numberField(14, 1)]));
  const two = [
    { name: 'a', shape: ['n', 3] },
    { name: 'b', shape: ['n', 3] },
  ];
  it.each([
    { name: 'text', bytes: new TextEncoder().encode('not a model'), says: 'this is no ONNX model' },
    { name: 'nothing', bytes: new Uint8Array(), says: 'this is no ONNX model' },
    { name: 'half a model', bytes: colours().subarray(0, 60), says: 'this is no ONNX model' },
    { name: 'an operator of somebody', bytes: withGraph(custom), says: "doesn't bring: acme:Magic" },
    { name: 'weights elsewhere', bytes: withGraph(external), says: '1 of its weights lie in other files' },
    { name: 'other channels', bytes: colours({ shape: ['n', 1, SIZE, SIZE] }), says: 'it has pixels [n, 1, 8, 8]' },
    { name: 'no square', bytes: colours({ shape: ['n', 3, 8, 9] }), says: 'is not square' },
    { name: 'two inputs', bytes: colours({ inputs: two }), says: 'expected one input, an image; it has 2' },
    {
      name: 'other classes',
      bytes: colours({ outputs: [{ name: 'out', shape: ['n', 5] }] }),
      says: 'it has out [n, 5]',
    },
    {
      name: 'two outputs',
      bytes: colours({ outputs: two }),
      says: 'it has several, and none called probabilities: a [n, 3]; b [n, 3]',
    },
  ])('refuses $name, and says what it found', ({ bytes, says }) => {
    expect(() => adaptOnnx(bytes, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'checkpoint_unfit', message: expect.stringContaining(says) }),
    );
  });
});

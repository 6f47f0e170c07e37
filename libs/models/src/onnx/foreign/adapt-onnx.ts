/**
 * Makes of another maker's classifier one that can be served: input `[n, 3, size, size]`, output `probabilities` `[n, classes]`.
 * Its own nodes and weights are carried over byte for byte; a few nodes go before and after them.
 */
import { AppError } from '@graft/contracts';
import { PROBABILITIES } from '../join-tail.js';
import { readForeignOnnx, type ForeignDimension, type ForeignOnnx, type ForeignValue } from './read-foreign-onnx.js';
import { renameInGraph, type Renaming } from './rename-value.js';
import { concat, fieldsOf, lengthField, numberField, textOf, type Field } from './wire.js';

/** Where the colour channels are. */
export type Layout = 'NCHW' | 'NHWC';

export interface AdaptOptions {
  /** How many labels it has to tell apart. */
  readonly classes: number;
  /** Pixels a side, for a model that takes any; default: as the model says. */
  readonly inputSize?: number | undefined;
  /** Whether its output already is probabilities; false: a softmax follows it. */
  readonly givesProbabilities: boolean;
  /** `order[i]`: which of its outputs is class i. Default: as they are. */
  readonly order?: readonly number[] | undefined;
}

export interface AdaptedOnnx {
  readonly onnx: Uint8Array;
  readonly layout: Layout;
  /** Pixels a side. */
  readonly inputSize: number;
  readonly inputName: string;
  readonly opset: number;
  readonly producer: string;
  /** What was put around it, for a person. */
  readonly changes: readonly string[];
}

const FLOAT = 1;
const INT64 = 7;
const NCHW_INPUT = 'graft_input';
/** What the file itself calls by the name of what is served. */
const GIVEN = 'graft_given';

/** A name that isn't taken: what was adopted before has ours in it. */
const freeName = (taken: ReadonlySet<string>, name: string): string => {
  for (let number = 1; ; number += 1) {
    const one = number === 1 ? name : `${name}_${number}`;
    if (!taken.has(one)) return one;
  }
};

const show = ({ name, shape }: ForeignValue): string =>
  `${name} [${shape?.map((size) => size ?? '?').join(', ') ?? 'of no shape'}]`;
const unfit = (message: string): AppError => new AppError('checkpoint_unfit', message);

const valueInfo = (name: string, shape: readonly (number | string)[]): Uint8Array => {
  const dimensions = shape.map((size) =>
    lengthField(1, typeof size === 'number' ? numberField(1, size) : lengthField(2, size)),
  );
  const tensor = concat([numberField(1, FLOAT), lengthField(2, concat(dimensions))]);
  return concat([lengthField(1, name), lengthField(2, lengthField(1, tensor))]);
};

interface NewNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attribute?: Uint8Array;
}

const node = ({ name, operator, inputs, output, attribute }: NewNode): Uint8Array =>
  concat([
    ...inputs.map((input) => lengthField(1, input)),
    ...[lengthField(2, output), lengthField(3, name), lengthField(4, operator)],
    ...(attribute === undefined ? [] : [lengthField(5, attribute)]),
  ]);

/** AttributeProto: name 1, i 3, ints 8, type 20 (INT 2, INTS 7). */
const integer = (name: string, value: number): Uint8Array =>
  concat([lengthField(1, name), numberField(3, value), numberField(20, 2)]);
const integers = (name: string, values: readonly number[]): Uint8Array =>
  concat([lengthField(1, name), ...values.map((value) => numberField(8, value)), numberField(20, 7)]);

const indices = (name: string, values: readonly number[]): Uint8Array => {
  const data = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return concat([numberField(1, values.length), numberField(2, INT64), lengthField(8, name), lengthField(9, data)]);
};

const isOpen = (size: ForeignDimension | undefined): boolean => typeof size !== 'number' || size <= 0;

/** @throws AppError `checkpoint_unfit` where it takes no square RGB image as float32 */
const readInput = (
  { inputs }: ForeignOnnx,
  inputSize: number | undefined,
): { input: ForeignValue; layout: Layout; size: number } => {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0)
    throw unfit(`expected one input, an image; it has ${inputs.length}: ${inputs.map(show).join('; ')}`);
  if (input.elementType !== FLOAT)
    throw unfit(`its input ${show(input)} is not float32: export it with what makes floats of pixels left out`);
  const { shape } = input;
  const layout = shape?.[1] === 3 ? 'NCHW' : shape?.[3] === 3 ? 'NHWC' : null;
  if (shape?.length !== 4 || layout === null)
    throw unfit(`expected an input [n, 3, height, width] or [n, height, width, 3]; it has ${show(input)}`);
  const [height, width] = layout === 'NCHW' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const sizes = [height, width].filter((size): size is number => !isOpen(size));
  const [size = inputSize] = sizes;
  if (size === undefined)
    throw unfit(`its input ${show(input)} takes images of any size, and one is served: name it (--input-size 224)`);
  if (sizes.some((one) => one !== size))
    throw unfit(`its input ${show(input)} is not square: Graft cuts squares out of images`);
  if (inputSize !== undefined && inputSize !== size)
    throw unfit(`its input ${show(input)} takes ${size} pixels a side, not ${inputSize}`);
  return { input, layout, size };
};

/** @throws AppError `checkpoint_unfit` where no output, or more than one, tells that many classes apart */
const readOutput = ({ outputs }: ForeignOnnx, classes: number): ForeignValue => {
  const floats = outputs.filter(
    ({ elementType, shape }) => elementType === FLOAT && (shape === null || shape.length === 2),
  );
  const fitting = floats.filter(({ shape }) => shape === null || isOpen(shape[1]) || shape[1] === classes);
  // Of several that fit, those that say so.
  const [output, ...others] = fitting.length > 1 ? fitting.filter(({ shape }) => shape?.[1] === classes) : fitting;
  if (output !== undefined && others.length === 0) return output;
  // As Graft's own exports have it, beside its logits.
  const named = fitting.find(({ name }) => name === PROBABILITIES);
  if (named !== undefined) return named;
  const found = outputs.map(show).join('; ');
  if (output === undefined)
    throw unfit(`expected an output [n, ${classes}], a number for each of the ${classes} labels; it has ${found}`);
  throw unfit(
    `expected one output [n, ${classes}]; it has several, and none called ${PROBABILITIES}: ${found}; export it with one`,
  );
};

/**
 * @throws AppError `checkpoint_unfit` for what is no ONNX model, or none that can be served, saying what it has and what is expected
 */
export const adaptOnnx = (bytes: Uint8Array, options: AdaptOptions): AdaptedOnnx => {
  const { classes, inputSize, givesProbabilities, order } = options;
  const model = readForeignOnnx(bytes);
  const { input, layout, size } = readInput(model, inputSize);
  const output = readOutput(model, classes);
  const isOrdered = order === undefined || order.every((from, to) => from === to);
  const isAsServed = output.name === PROBABILITIES && givesProbabilities && isOrdered;
  // What has that name already, such as these very probabilities in another order, makes room for it.
  const isTaken = !isAsServed && model.names.has(PROBABILITIES);
  const nodeNamed = (output: string): string => freeName(model.nodeNames, `graft/${output}`);
  const changes: string[] = [];
  const before: Uint8Array[] = [];
  if (layout === 'NHWC') {
    if (model.names.has(NCHW_INPUT))
      throw unfit(`it has a value of the name ${NCHW_INPUT}: rename it before exporting`);
    const attribute = integers('perm', [0, 2, 3, 1]);
    const name = nodeNamed(input.name);
    before.push(node({ name, operator: 'Transpose', inputs: [NCHW_INPUT], output: input.name, attribute }));
    changes.push('its input is [n, 3, height, width] now: a Transpose precedes it');
  }
  const after: Uint8Array[] = [];
  const initializers: Uint8Array[] = [];
  const given = freeName(model.names, GIVEN);
  let at = isTaken && output.name === PROBABILITIES ? given : output.name;
  const follow = (name: string, one: Pick<NewNode, 'operator' | 'attribute'>, ...more: string[]): void => {
    after.push(node({ ...one, name: nodeNamed(name), inputs: [at, ...more], output: name }));
    at = name;
  };
  if (!isOrdered) {
    const indicesName = freeName(model.names, 'graft_order');
    initializers.push(indices(indicesName, order));
    const name = givesProbabilities ? PROBABILITIES : freeName(model.names, 'graft_ordered');
    follow(name, { operator: 'Gather', attribute: integer('axis', 1) }, indicesName);
    changes.push("its classes are in the order of the dataset's labels: a Gather follows it");
  }
  if (!givesProbabilities) {
    follow(PROBABILITIES, { operator: 'Softmax', attribute: integer('axis', 1) });
    changes.push('its output is probabilities now: a Softmax follows it');
  } else if (at !== PROBABILITIES) {
    follow(PROBABILITIES, { operator: 'Identity' });
    changes.push(`its output "${output.name}" is called ${PROBABILITIES}`);
  }
  const inputName = layout === 'NHWC' ? NCHW_INPUT : input.name;
  const graph = rewriteGraph(bytes, {
    ...{ before, after, initializers, input: input.name },
    ...(isTaken ? { renaming: { from: PROBABILITIES, to: given } } : {}),
    inputInfo: valueInfo(inputName, ['n', 3, size, size]),
    outputInfo: valueInfo(PROBABILITIES, ['n', classes]),
  });
  const { opset, producer } = model;
  return { onnx: graph, layout, inputSize: size, inputName, opset, producer, changes };
};

interface Rewriting {
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  readonly initializers: readonly Uint8Array[];
  /** The input that the new one takes the place of. */
  readonly input: string;
  readonly renaming?: Renaming;
  readonly inputInfo: Uint8Array;
  readonly outputInfo: Uint8Array;
}

/** Of a ValueInfoProto. */
const nameOf = ({ bytes }: Field): string | undefined => {
  const name = [...fieldsOf(bytes)].find(({ number }) => number === 1);
  return name && textOf(name);
};

/** Other inputs (weights, in models of an old form) stay; of the outputs only the new one is left. */
const rewriteGraph = (
  bytes: Uint8Array,
  { before, after, initializers, input, renaming, inputInfo, outputInfo }: Rewriting,
): Uint8Array => {
  const graph: Uint8Array[] = before.map((one) => lengthField(1, one));
  const model: Uint8Array[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number !== 7) {
      model.push(field.whole);
      continue;
    }
    for (const part of fieldsOf(field.bytes)) {
      if (part.number === 12) continue;
      const isReplaced = part.number === 11 && nameOf(part) === input;
      const kept = renaming === undefined ? part.whole : renameInGraph(part, renaming);
      graph.push(isReplaced ? lengthField(11, inputInfo) : kept);
    }
  }
  graph.push(...after.map((one) => lengthField(1, one)));
  graph.push(...initializers.map((one) => lengthField(5, one)), lengthField(12, outputInfo));
  return concat([...model, lengthField(7, concat(graph))]);
};

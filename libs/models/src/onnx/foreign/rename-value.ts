/** Gives a value of a graph another name, where the graph makes it and wherever it is read. Field numbers: onnx/onnx.proto. */
import { AppError } from '@graft/contracts';
import { concat, fieldsOf, lengthField, textOf, type Field } from './wire.js';

const GRAPH = { node: 1, initializer: 5, valueInfo: 13 } as const;
const NODE = { input: 1, output: 2, attribute: 5 } as const;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const TENSOR_NAME = 8;
const VALUE_NAME = 1;

export interface Renaming {
  readonly from: string;
  readonly to: string;
}

const renameText = (field: Field, numbers: readonly number[], { from, to }: Renaming): Uint8Array =>
  numbers.includes(field.number) && textOf(field) === from ? lengthField(field.number, to) : field.whole;

/** Branches and loops of a node are graphs of their own, which read values of the one around them. */
const isReadInside = (attribute: Field, { from }: Renaming): boolean =>
  [...fieldsOf(attribute.bytes)].some(
    ({ number, bytes }) =>
      (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) && Buffer.from(bytes).includes(from),
  );

const renameNode = (node: Field, renaming: Renaming): Uint8Array => {
  const parts = [...fieldsOf(node.bytes)].map((field) => {
    if (field.number === NODE.attribute && isReadInside(field, renaming)) {
      throw new AppError(
        'checkpoint_unfit',
        `its value "${renaming.from}" has a name that is served, and is used in a branch or a loop: rename it before exporting`,
      );
    }
    return renameText(field, [NODE.input, NODE.output], renaming);
  });
  return lengthField(GRAPH.node, concat(parts));
};

/**
 * A field of a GraphProto, with the value renamed in it; inputs and outputs of the graph stay as they are.
 * @throws AppError `checkpoint_unfit` where a branch or a loop names it
 */
export const renameInGraph = (part: Field, renaming: Renaming): Uint8Array => {
  const inParts = (number: number): Uint8Array =>
    lengthField(part.number, concat([...fieldsOf(part.bytes)].map((field) => renameText(field, [number], renaming))));
  if (part.number === GRAPH.node) return renameNode(part, renaming);
  if (part.number === GRAPH.initializer) return inParts(TENSOR_NAME);
  if (part.number === GRAPH.valueInfo) return inParts(VALUE_NAME);
  return part.whole;
};

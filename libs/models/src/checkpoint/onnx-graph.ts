/** What of an ONNX file matters for its weights: initializers, and the nodes that may use them. */
import { refuse } from './checkpoint-tensor.js';
import { decodeText, viewOnnxTensor, type OnnxTensorView } from './onnx-tensor.js';
import { walkFields } from './protobuf-fields.js';

export interface OnnxGraphNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Gemm's numbers alone: alpha, beta, transA, transB. */
  readonly numbers: ReadonlyMap<string, number>;
}

export interface OnnxGraphView {
  readonly nodes: readonly OnnxGraphNode[];
  /** By name; a Constant node's under its output's. */
  readonly tensors: ReadonlyMap<string, OnnxTensorView>;
}

const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, sparse: 15 } as const;
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, float: 2, integer: 3, tensor: 5 } as const;

/** Nodes, their inputs, outputs and attributes, and initializers together; the largest catalogued network has about 10,000. */
const MAX_PARTS = 100_000;

/** Counts what becomes an object, so that a small file can't become many. */
const createBudget = () => {
  let parts = 0;
  return (): void => {
    parts += 1;
    if (parts > MAX_PARTS) refuse(`its ONNX graph has more than ${MAX_PARTS} parts`);
  };
};

interface Attribute {
  readonly name: string;
  readonly number: number | null;
  readonly tensor: Uint8Array | null;
}

const readAttribute = (bytes: Uint8Array): Attribute => {
  let [name, number, tensor]: [string, number | null, Uint8Array | null] = ['', null, null];
  walkFields(bytes, {
    varint: (field, value) => void (field === ATTRIBUTE.integer && (number = value)),
    bytes: (field, value) => {
      if (field === ATTRIBUTE.name) name = decodeText(value);
      else if (field === ATTRIBUTE.tensor) tensor = value;
    },
    fixed: (field, value) => {
      if (field === ATTRIBUTE.float && value.byteLength === 4)
        number = new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
    },
  });
  return { name, number, tensor };
};

const readNode = (bytes: Uint8Array, spend: () => void): { node: OnnxGraphNode; constant: Uint8Array | null } => {
  const [inputs, outputs, attributes]: [string[], string[], Uint8Array[]] = [[], [], []];
  let [name, operator] = ['', ''];
  walkFields(bytes, {
    bytes: (field, value) => {
      if (field === NODE.name) name = decodeText(value);
      else if (field === NODE.operator) operator = decodeText(value);
      else if (field === NODE.input || field === NODE.output || field === NODE.attribute) {
        spend();
        if (field === NODE.attribute) attributes.push(value);
        else (field === NODE.input ? inputs : outputs).push(decodeText(value));
      }
    },
  });
  const read = operator === 'Gemm' || operator === 'Constant' ? attributes.map(readAttribute) : [];
  const numbers = new Map(read.flatMap((each) => (each.number === null ? [] : [[each.name, each.number] as const])));
  const constant = operator === 'Constant' ? (read.find((each) => each.name === 'value')?.tensor ?? null) : null;
  return { node: { name, operator, inputs, outputs, numbers }, constant };
};

/**
 * The graph of an ONNX model. Subgraphs (of If and Loop) are not entered.
 * @throws AppError `checkpoint_unfit` when the bytes are no such model, or name a tensor twice.
 */
export const viewOnnxGraph = (model: Uint8Array): OnnxGraphView => {
  const nodes: OnnxGraphNode[] = [];
  const tensors = new Map<string, OnnxTensorView>();
  const spend = createBudget();
  const add = (name: string, tensor: OnnxTensorView): void => {
    if (tensors.has(name)) refuse(`its ONNX graph has two tensors "${name}"`, { name });
    tensors.set(name, tensor);
  };
  const visitGraph = (field: number, value: Uint8Array): void => {
    if (field === GRAPH.sparse) refuse('its ONNX graph has a sparse initializer');
    if (field === GRAPH.initializer) {
      spend();
      const tensor = viewOnnxTensor(value);
      add(tensor.name, tensor);
    } else if (field === GRAPH.node) {
      spend();
      const { node, constant } = readNode(value, spend);
      if (constant === null) nodes.push(node);
      else add(node.outputs[0] ?? '', viewOnnxTensor(constant));
    }
  };
  let graphs = 0;
  walkFields(model, {
    bytes: (field, value) => {
      if (field !== MODEL_GRAPH) return;
      graphs += 1;
      walkFields(value, { bytes: visitGraph });
    },
  });
  if (graphs !== 1) refuse(`its ONNX model has ${graphs} graphs, expected one`);
  return { nodes, tensors };
};

/** From the unpickled state dict and the storages' bytes to tensors. */
import {
  bytesPerElement,
  checkTensorName,
  copyElements,
  countElements,
  ELEMENT_TYPES,
  refuse,
  type Checkpoint,
  type CheckpointTensor,
} from './checkpoint-tensor.js';
import { TensorRef, type PickleValue } from './pickle-values.js';

/** Bytes of each storage, by its key. */
export type StorageBytes = (key: string) => Uint8Array | undefined;

/** Tensors may share storages (tied weights), so they can be larger than the file, but not by much. */
const MAX_GROWTH = 2;

const isContiguous = ({ shape, strides }: TensorRef): boolean => {
  let expected = 1;
  return shape.toReversed().every((size, reversed) => {
    const stride = strides[shape.length - 1 - reversed];
    const fits = size === 1 || stride === expected;
    expected *= size;
    return fits;
  });
};

/** Row-major copy of a view whose strides are something else (a transpose). */
const gather = (tensor: TensorRef, source: CheckpointTensor['data'], elements: number): CheckpointTensor['data'] => {
  const { shape, strides } = tensor;
  const target = new ELEMENT_TYPES[tensor.storage.dtype](elements);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < elements; to += 1) {
    target[to] = source[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const [at = 0, size = 0, stride = 0] = [index[axis], shape[axis], strides[axis]];
      from += stride;
      index[axis] = at + 1;
      if (at + 1 < size) break;
      from -= stride * size;
      index[axis] = 0;
    }
  }
  return target;
};

const readTensor = (name: string, tensor: TensorRef, storages: StorageBytes): CheckpointTensor => {
  const { storage, offset, shape, strides } = tensor;
  const bytes = storages(storage.key) ?? refuse(`"${name}" lies in storage "${storage.key}", which isn't there`);
  const width = bytesPerElement(storage.dtype);
  const elements = countElements(name, shape);
  if (bytes.byteLength !== storage.elements * width)
    refuse(`"${name}": its storage has ${bytes.byteLength} bytes for ${storage.elements} elements of ${storage.dtype}`);
  const last =
    elements === 0 ? 0 : shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset) + 1;
  // More elements than the storage has would be a broadcast: a few bytes that grow without bound.
  if (elements > storage.elements || last > storage.elements)
    refuse(`"${name}" reaches beyond its storage (${storage.elements} elements)`, { name });
  const dtype = storage.dtype;
  if (isContiguous(tensor))
    return { shape, dtype, data: copyElements(dtype, bytes.subarray(offset * width, (offset + elements) * width)) };
  return { shape, dtype, data: gather(tensor, copyElements(dtype, bytes.subarray(offset * width)), elements) };
};

/** A file that a training script saved holds the state dict beside its own things. */
const findStateDict = (value: PickleValue): ReadonlyMap<PickleValue, PickleValue> => {
  if (!(value instanceof Map)) return refuse('it holds no state dict');
  for (const key of ['state_dict', 'model']) {
    const inner = value.get(key);
    if (inner instanceof Map) return inner;
  }
  return value;
};

/**
 * The tensors of a state dict, by name.
 * @throws AppError `checkpoint_unfit` naming the first entry that isn't a tensor or doesn't fit its storage.
 */
export const readStateDict = (options: {
  value: PickleValue;
  storages: StorageBytes;
  fileBytes: number;
}): Checkpoint => {
  const tensors = new Map<string, CheckpointTensor>();
  let total = 0;
  for (const [name, value] of findStateDict(options.value)) {
    if (typeof name !== 'string') return refuse('a name in its state dict is not a text');
    if (!(value instanceof TensorRef)) return refuse(`"${name}" in its state dict is not a tensor`, { name });
    total += countElements(name, value.shape) * bytesPerElement(value.storage.dtype);
    if (total > MAX_GROWTH * options.fileBytes) refuse(`its tensors are larger than the file (up to "${name}")`);
    tensors.set(checkTensorName(name), readTensor(name, value, options.storages));
  }
  return tensors;
};

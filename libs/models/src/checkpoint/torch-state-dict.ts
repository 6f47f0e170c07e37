/** From the unpickled state dict and the storages' bytes to tensors. */
import {
  bytesPerElement,
  checkTensorName,
  copyElements,
  countElements,
  ELEMENT_TYPES,
  MAX_TENSORS,
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

/** Row-major copy of a view whose strides are something else (a transpose): byte by byte, so that nothing else is copied. */
const gather = (tensor: TensorRef, source: Uint8Array, elements: number): CheckpointTensor['data'] => {
  const { shape, strides, storage } = tensor;
  const width = bytesPerElement(storage.dtype);
  const target = new Uint8Array(elements * width);
  const index = shape.map(() => 0);
  let from = tensor.offset;
  for (let to = 0; to < elements; to += 1) {
    for (let byte = 0; byte < width; byte += 1) target[to * width + byte] = source[from * width + byte] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const [at = 0, size = 0, stride = 0] = [index[axis], shape[axis], strides[axis]];
      from += stride;
      index[axis] = at + 1;
      if (at + 1 < size) break;
      from -= stride * size;
      index[axis] = 0;
    }
  }
  return new ELEMENT_TYPES[storage.dtype](target.buffer);
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
  return { shape, dtype, data: gather(tensor, bytes, elements) };
};

/**
 * Where training scripts keep the state dict in what they save, in the order in which timm looks (models/_helpers.py): the
 * averaged weights first, as they are what is evaluated.
 */
const WRAPPERS = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'ema',
  'state_dict',
  'model_state_dict',
  'model',
  'model_state',
  'module',
  'network',
  'net',
  'params',
  'weights',
] as const;
/** torch's AveragedModel counts its updates in the state dict. */
const AVERAGED = 'n_averaged';

const holdsTensors = (value: PickleValue): boolean =>
  value instanceof Map && [...value.values()].some((item) => item instanceof TensorRef);

/** The state dict itself, or the one that lies beside other things: epochs, losses, the optimizer's state. */
const findStateDict = (value: PickleValue): ReadonlyMap<PickleValue, PickleValue> => {
  if (!(value instanceof Map)) return refuse('it holds no state dict');
  const candidates: PickleValue[] = WRAPPERS.map((key) => value.get(key) ?? null);
  // A wrapper in a wrapper: { model: { state_dict } }.
  const inner = candidates.flatMap((each) =>
    each instanceof Map ? [each, ...WRAPPERS.map((key) => each.get(key) ?? null)] : [],
  );
  const found = [...inner, value].find(holdsTensors);
  if (!(found instanceof Map)) {
    if (value.size === 0) return value;
    const keys = [...value.keys()].filter((key) => typeof key === 'string').slice(0, 8);
    return refuse(`it holds no state dict of tensors; it has: ${keys.join(', ')}`, { keys });
  }
  return found.has(AVERAGED) ? new Map([...found].filter(([key]) => key !== AVERAGED)) : found;
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
    if (tensors.size === MAX_TENSORS) refuse(`it holds more than ${MAX_TENSORS} tensors`);
    total += countElements(name, value.shape) * bytesPerElement(value.storage.dtype);
    if (total > MAX_GROWTH * options.fileBytes) refuse(`its tensors are larger than the file (up to "${name}")`);
    tensors.set(checkTensorName(name), readTensor(name, value, options.storages));
  }
  return tensors;
};

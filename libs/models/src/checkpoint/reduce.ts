/** What the allow-listed "calls" of a state dict's pickle mean, without calling anything. */
import { refuse } from './checkpoint-tensor.js';
import {
  ORDERED_DICT,
  PickleGlobal,
  PickleTuple,
  REBUILD_PARAMETER,
  REBUILD_TENSOR,
  STORAGES,
  StorageRef,
  TensorRef,
  type PickleValue,
} from './pickle-values.js';

const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const toCounts = (value: PickleValue | undefined, what: string): readonly number[] =>
  value instanceof PickleTuple && value.items.every(isCount)
    ? (value.items as readonly number[])
    : refuse(`a tensor's ${what} is not a tuple of whole numbers`);

const argumentsOf = (value: PickleValue): readonly PickleValue[] =>
  value instanceof PickleTuple ? value.items : refuse('its pickle calls with something that is not a tuple');

/** torch._utils._rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks). */
const rebuildTensor = ([storage, offset, size, stride]: readonly PickleValue[]): TensorRef => {
  if (!(storage instanceof StorageRef)) return refuse('a tensor has no storage');
  if (!isCount(offset)) return refuse("a tensor's offset is not a whole number");
  const shape = toCounts(size, 'size');
  const strides = toCounts(stride, 'stride');
  if (shape.length !== strides.length) refuse(`a tensor has ${shape.length} axes and ${strides.length} strides`);
  return new TensorRef(storage, offset, shape, strides);
};

/**
 * The value of a REDUCE.
 * @throws AppError `checkpoint_unfit` when the callable isn't one of the three that a state dict uses.
 */
export const reduce = (callable: PickleValue, argument: PickleValue): PickleValue => {
  const items = argumentsOf(argument);
  const name = callable instanceof PickleGlobal ? callable.name : 'something that is not a name';
  switch (name) {
    case ORDERED_DICT:
      return items.length === 0 ? new Map() : refuse('its pickle makes an OrderedDict out of something');
    case REBUILD_TENSOR:
      return rebuildTensor(items);
    case REBUILD_PARAMETER:
      return items[0] instanceof TensorRef ? items[0] : refuse('a parameter is not a tensor');
    default:
      return refuse(`its pickle calls ${name}`, { global: name });
  }
};

/** A persistent id: ('storage', type, key, location, elements), with a view's description after it in the oldest files. */
export const toStorageRef = (value: PickleValue): StorageRef => {
  const [tag, type, key, , elements, view = null] = argumentsOf(value);
  const dtype = type instanceof PickleGlobal ? STORAGES.get(type.name) : undefined;
  if (tag !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(elements))
    return refuse('its pickle refers to something that is not a storage');
  if (view !== null) refuse('it has a view of a storage, which PyTorch has not written for years');
  return new StorageRef(key, dtype, elements);
};

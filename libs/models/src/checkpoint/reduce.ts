/** What the allow-listed "calls" of a state dict's pickle mean, without calling anything. */
import { refuse } from './checkpoint-tensor.js';
import {
  checkKey,
  isIgnored,
  Opaque,
  ORDERED_DICT,
  PARAMETER,
  PickleGlobal,
  PickleTuple,
  REBUILD_PARAMETER,
  REBUILD_TENSOR,
  REBUILD_TENSOR_V1,
  STORAGES,
  StorageRef,
  TensorRef,
  type PickleDict,
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

/** torch._utils._rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks); v1 ends after stride. */
const rebuildTensor = ([storage, offset, size, stride]: readonly PickleValue[]): TensorRef => {
  if (!(storage instanceof StorageRef)) return refuse('a tensor has no storage');
  if (!isCount(offset)) return refuse("a tensor's offset is not a whole number");
  const shape = toCounts(size, 'size');
  const strides = toCounts(stride, 'stride');
  if (shape.length !== strides.length) refuse(`a tensor has ${shape.length} axes and ${strides.length} strides`);
  return new TensorRef(storage, offset, shape, strides);
};

/** A dict made of (key, value) pairs, as Python 2 wrote an OrderedDict that isn't empty. */
const toDict = (pairs: PickleValue | undefined): PickleDict =>
  Array.isArray(pairs)
    ? new Map(
        pairs.map((pair) => {
          const items = pair instanceof PickleTuple ? pair.items : pair;
          const [key = null, value = null] = Array.isArray(items) ? (items as readonly PickleValue[]) : [];
          return [checkKey(key), value];
        }),
      )
    : refuse('its pickle makes an OrderedDict out of something');

/**
 * The value of a REDUCE.
 * @throws AppError `checkpoint_unfit` when the callable isn't one that a state dict, or what is saved beside it, uses.
 */
export const reduce = (callable: PickleValue, argument: PickleValue): PickleValue => {
  const items = argumentsOf(argument);
  const name = callable instanceof PickleGlobal ? callable.name : 'something that is not a name';
  switch (name) {
    case ORDERED_DICT:
      return items.length === 0 ? new Map() : toDict(items[0]);
    case REBUILD_TENSOR:
    case REBUILD_TENSOR_V1:
      return rebuildTensor(items);
    case REBUILD_PARAMETER:
    case PARAMETER:
      return items[0] instanceof TensorRef ? items[0] : refuse('a parameter is not a tensor');
    default:
      return isIgnored(name) ? new Opaque() : refuse(`its pickle calls ${name}`, { global: name });
  }
};

/**
 * The value of a NEWOBJ.
 * @throws AppError `checkpoint_unfit` when the class isn't one that is read over.
 */
export const newObject = (cls: PickleValue, argument: PickleValue): PickleValue => {
  const name = cls instanceof PickleGlobal ? cls.name : 'something that is not a name';
  if (!isIgnored(name)) refuse(`its pickle makes an object (NEWOBJ) of ${name}`, { global: name });
  argumentsOf(argument);
  return new Opaque();
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

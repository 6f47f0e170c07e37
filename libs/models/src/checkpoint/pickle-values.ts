/** What a pickle can become here: plain data, and symbols for the few Python names that a state dict uses. */
import type { ElementType } from './checkpoint-tensor.js';

/** torch's storage classes and the elements they hold. */
export const STORAGES: ReadonlyMap<string, ElementType> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

export const ORDERED_DICT = 'collections.OrderedDict';
export const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
export const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';

/** Every global that may be named; whatever else a pickle asks for is refused by its name. */
export const ALLOWED_GLOBALS: ReadonlySet<string> = new Set([
  ORDERED_DICT,
  REBUILD_TENSOR,
  REBUILD_PARAMETER,
  ...STORAGES.keys(),
]);

/** A Python name, never looked up. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** A storage that lies elsewhere in the file. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly dtype: ElementType,
    readonly elements: number,
  ) {}
}

/** A strided view of a storage. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A Python tuple; a list is a plain array, which may still grow. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export type PickleDict = Map<PickleValue, PickleValue>;

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | StorageRef
  | TensorRef;

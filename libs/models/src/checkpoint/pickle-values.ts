/** What a pickle can become here: plain data, and symbols for the few Python names that a state dict uses. */
import { refuse, type ElementType } from './checkpoint-tensor.js';

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
/** What these two were in PyTorch 0.1, in which some of torchvision's weights are still written. */
export const REBUILD_TENSOR_V1 = 'torch._utils._rebuild_tensor';
export const PARAMETER = 'torch.nn.parameter.Parameter';

/** Every global of a state dict. */
const STATE_DICT_GLOBALS: readonly string[] = [
  ORDERED_DICT,
  REBUILD_TENSOR,
  REBUILD_TENSOR_V1,
  REBUILD_PARAMETER,
  PARAMETER,
  ...STORAGES.keys(),
];

/**
 * What training scripts save beside a state dict: arguments, losses, versions. Such values are read over: they become an
 * Opaque, whatever is "called" with them.
 */
const IGNORED_GLOBALS: ReadonlySet<string> = new Set([
  'argparse.Namespace',
  'collections.defaultdict',
  'collections.Counter',
  'pathlib.Path',
  'pathlib.PosixPath',
  'torch.Size',
  'torch.device',
  ...['float16', 'float32', 'float64', 'bfloat16', 'int64', 'int32', 'uint8', 'bool'].map((name) => `torch.${name}`),
  'torch.torch_version.TorchVersion',
  'numpy.dtype',
  'numpy.ndarray',
  ...['numpy.core', 'numpy._core'].flatMap((core) => [`${core}.multiarray.scalar`, `${core}.multiarray._reconstruct`]),
  '_codecs.encode',
  ...['__builtin__', 'builtins'].flatMap((module) =>
    ['set', 'frozenset', 'list', 'dict'].map((name) => `${module}.${name}`),
  ),
]);

export const isIgnored = (name: string): boolean => IGNORED_GLOBALS.has(name);

/** Every global that may be named; whatever else a pickle asks for is refused by its name. */
export const ALLOWED_GLOBALS: ReadonlySet<string> = new Set([...STATE_DICT_GLOBALS, ...IGNORED_GLOBALS]);

/** Tensors of kinds that no network here has, by the names that give them away. */
const OTHER_TENSORS: readonly (readonly [RegExp, string])[] = [
  [/_rebuild_qtensor$|\.Q(U?)Int\w*Storage$/, 'quantized'],
  [/_rebuild_sparse\w*$/, 'sparse'],
  [/\.Complex\w*Storage$/, 'complex'],
  [/_rebuild_nested_tensor$/, 'nested'],
  [/_rebuild_meta_tensor\w*$/, 'without numbers (a meta tensor)'],
  [/_rebuild_tensor_v3$|\.float8_\w+$/, 'of an element type that no network here has'],
];

/** What kind of tensor a global would rebuild, or null when it isn't one of a known kind. */
export const otherTensorKind = (name: string): string | null =>
  OTHER_TENSORS.find(([pattern]) => name.startsWith('torch.') && pattern.test(name))?.[1] ?? null;

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

/** Something of no interest, made by an ignored global; anything may be "done" to it. */
export class Opaque {
  readonly kind = 'opaque';
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
  | Opaque
  | StorageRef
  | TensorRef;

/** @throws AppError `checkpoint_unfit` for a key that would mean something else to an object. */
export const checkKey = (key: PickleValue): PickleValue =>
  key === '__proto__' ? refuse('it has a key named "__proto__"', { name: key }) : key;

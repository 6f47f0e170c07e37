/** Writes pickles and PyTorch files by hand, sound ones and malicious ones. For tests alone. */
import { OPCODES } from '../checkpoint/pickle-opcodes.js';

export type Bytes = readonly number[];

const uint32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];

export const uint64 = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];

export const op = (name: keyof typeof OPCODES): Bytes => [OPCODES[name]];
export const text = (value: string): Bytes => [OPCODES.BINUNICODE, ...uint32(utf8(value).length), ...utf8(value)];
export const int = (value: number): Bytes => [OPCODES.BININT, ...uint32(value)];
/** Any whole number up to 8 bytes long. */
export const long = (value: bigint): Bytes => [OPCODES.LONG1, 8, ...uint64(value)];
export const global = (module: string, name: string): Bytes => [OPCODES.GLOBAL, ...utf8(`${module}\n${name}\n`)];
export const tuple = (...items: Bytes[]): Bytes => [OPCODES.MARK, ...items.flat(), OPCODES.TUPLE];
export const call = (callable: Bytes, ...items: Bytes[]): Bytes => [...callable, ...tuple(...items), OPCODES.REDUCE];
export const pickle = (...parts: Bytes[]): number[] => [OPCODES.PROTO, 2, ...parts.flat(), OPCODES.STOP];

export const dict = (entries: readonly (readonly [Bytes, Bytes])[]): Bytes => [
  ...call(global('collections', 'OrderedDict')),
  OPCODES.MARK,
  ...entries.flatMap(([key, value]) => [...key, ...value]),
  OPCODES.SETITEMS,
];

export interface TensorRecipe {
  readonly key: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset?: number;
  readonly storage?: string;
  /** Elements of the storage, as the pickle says. */
  readonly elements: number;
}

/** A tensor as torch pickles it; its storage lies elsewhere. */
export const tensor = (recipe: TensorRecipe): Bytes =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    [
      ...tuple(
        text('storage'),
        global('torch', recipe.storage ?? 'FloatStorage'),
        text(recipe.key),
        text('cpu'),
        long(BigInt(recipe.elements)),
      ),
      OPCODES.BINPERSID,
    ],
    int(recipe.offset ?? 0),
    tuple(...recipe.shape.map((size) => long(BigInt(size)))),
    tuple(...recipe.strides.map((stride) => long(BigInt(stride)))),
    op('NEWFALSE'),
    dict([]),
  );

const bytesOf = (values: ArrayBufferView): number[] => [
  ...new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
];

export interface StorageRecipe {
  readonly key: string;
  readonly values: ArrayBufferView & ArrayLike<number>;
  /** The count that the file states, where it lies. */
  readonly count?: bigint;
}

const MAGIC: Bytes = [OPCODES.LONG1, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** A file of the legacy format around a pickled object. */
export const legacyFile = (object: Bytes, storages: readonly StorageRecipe[] = []): Uint8Array =>
  Uint8Array.from([
    ...pickle(MAGIC),
    ...pickle(int(1001)),
    ...pickle(dict([[text('little_endian'), op('NEWTRUE')]])),
    ...pickle(object),
    ...pickle(op('EMPTY_LIST'), op('MARK'), ...storages.map(({ key }) => text(key)), op('APPENDS')),
    ...storages.flatMap(({ values, count }) => [...uint64(count ?? BigInt(values.length)), ...bytesOf(values)]),
  ]);

const uint16 = (value: number): number[] => [value & 0xff, value >> 8];

/** A zip whose members are stored; `method` lies about how. */
export const storedZip = (members: readonly (readonly [string, Uint8Array])[], method = 0): Uint8Array => {
  const body: number[] = [];
  const directory: number[] = [];
  for (const [name, bytes] of members) {
    const sizes = [...uint32(0), ...uint32(bytes.length), ...uint32(bytes.length)];
    const named = utf8(name);
    const common = [...uint16(0), ...uint16(method), ...uint32(0), ...sizes, ...uint16(named.length), ...uint16(0)];
    directory.push(...uint32(0x02014b50), ...uint16(20), ...uint16(20), ...common, ...uint16(0));
    directory.push(...uint16(0), ...uint16(0), ...uint32(0), ...uint32(body.length), ...named);
    body.push(...uint32(0x04034b50), ...uint16(20), ...common, ...named);
    // One by one: as arguments of one call, many bytes would overflow the stack.
    for (const byte of bytes) body.push(byte);
  }
  const end = [
    ...uint32(0x06054b50),
    ...uint32(0),
    ...uint16(members.length),
    ...uint16(members.length),
    ...uint32(directory.length),
    ...uint32(body.length),
    ...uint16(0),
  ];
  return Uint8Array.from([...body, ...directory, ...end]);
};

/** A file of the zip format around a pickled object. */
export const zipFile = (object: Bytes, storages: readonly StorageRecipe[] = []): Uint8Array =>
  storedZip([
    ['archive/data.pkl', Uint8Array.from(pickle(object))],
    ['archive/byteorder', new TextEncoder().encode('little')],
    ...storages.map(({ key, values }) => [`archive/data/${key}`, Uint8Array.from(bytesOf(values))] as const),
    ['archive/version', new TextEncoder().encode('3\n')],
  ]);

/** Files that somebody made to do harm, or that broke on the way. Real bytes, each refused with a reason. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import fc from 'fast-check';
import { bytesField, nodeProto, numberField, onnxFile, packedField, tensorProto } from '../testing/onnx-writer.js';
import {
  call,
  dict,
  global,
  int,
  legacyFile,
  op,
  storedZip,
  tensor,
  text,
  tuple,
  uint64,
  zipFile,
  type Bytes,
} from '../testing/pickle-writer.js';
import { thrownBy } from '../testing/thrown-by.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeSafetensors } from './safetensors.js';

const repeat = (bytes: Bytes, times: number): Bytes => {
  const all = new Array<number>(bytes.length * times);
  for (let at = 0; at < all.length; at += 1) all[at] = bytes[at % bytes.length] ?? 0;
  return all;
};

const STORAGE = { key: '0', values: Float32Array.of(1, 2, 3, 4) };
const WEIGHT = tensor({ key: '0', shape: [2, 2], strides: [2, 1], elements: 4 });
const STATE = dict([[text('w'), WEIGHT]]);
const POISON: readonly (readonly [string, string])[] = [
  ['os', 'system'],
  ['posix', 'system'],
  ['nt', 'system'],
  ['builtins', 'eval'],
  ['builtins', 'exec'],
  ['builtins', 'getattr'],
  ['builtins', '__import__'],
  ['__builtin__', 'apply'],
  ['subprocess', 'Popen'],
  ['runpy', '_run_code'],
  ['importlib', 'import_module'],
  ['functools', 'partial'],
  ['operator', 'attrgetter'],
  ['torch', 'load'],
  ['torch.hub', 'load'],
  ['torch.storage', '_load_from_bytes'],
  ['torch.jit', 'load'],
  ['torch._utils', '__builtins__'],
  ['numpy', 'load'],
  ['collections', 'OrderedDict.__reduce__'],
  ['collections.OrderedDict', '__class__'],
  ['', 'eval'],
];

/** Objects of a pickle that must never become anything, by what they try. */
const PICKLES: readonly (readonly [string, Bytes])[] = [
  ...POISON.map(([module, name]) => [`a call of ${module}.${name}`, call(global(module, name), text('id'))] as const),
  ...POISON.slice(0, 4).map(
    ([module, name]) =>
      [`an object of ${module}.${name}`, [...global(module, name), ...tuple(), ...op('NEWOBJ')]] as const,
  ),
  ['a name by STACK_GLOBAL', [...text('os'), ...text('system'), 0x93]],
  ['a name by INST', [...op('MARK'), 0x69, ...new TextEncoder().encode('os\nsystem\n')]],
  ['an object by OBJ', [...op('MARK'), ...global('collections', 'OrderedDict'), 0x6f]],
  ['an object by NEWOBJ_EX', [...global('collections', 'OrderedDict'), ...tuple(), ...dict([]), 0x92]],
  ...[0x82, 0x83, 0x84].map((code) => [`an extension by 0x${code.toString(16)}`, [code, 1, 0, 0, 0]] as const),
  ...[0x30, 0x31, 0x32, 0x50, 0x67, 0x70, 0x8b, 0x8e, 0x94, 0x95, 0x96, 0x97, 0x98].map(
    (code) => [`the opcode 0x${code.toString(16)}`, [...text('x'), code, 0, 0, 0, 0, 0, 0, 0, 0]] as const,
  ),
  ['a state set on a name', [...global('torch', 'FloatStorage'), ...dict([]), ...op('BUILD')]],
  ['a call of a storage class', call(global('torch', 'FloatStorage'), int(1 << 30))],
  ['a call of a tensor', call(WEIGHT, int(1))],
  ['a slot that was never set', [...op('BINGET'), 9]],
  ['a list that holds itself', [...op('EMPTY_LIST'), ...op('BINPUT'), 0, ...op('BINGET'), 0, ...op('APPEND')]],
  [
    'a dict that wraps itself',
    [...op('EMPTY_DICT'), ...op('BINPUT'), 0, ...text('model'), ...op('BINGET'), 0, ...op('SETITEM')],
  ],
  ['a billion laughs', [...text('ha'), ...repeat([...op('BINPUT'), 0, ...op('BINGET'), 0, ...op('TUPLE2')], 30_000)]],
  ['tuples 90,000 deep', [...op('EMPTY_TUPLE'), ...repeat(op('TUPLE1'), 90_000)]],
  ['lists 90,000 deep', [...repeat(op('EMPTY_LIST'), 90_000), ...repeat(op('APPEND'), 89_999)]],
  ['marks without an end', repeat(op('MARK'), 500_000)],
  ['half a million dicts', repeat(op('EMPTY_DICT'), 500_000)],
  ['300,000 slots', [...op('NONE'), ...repeatSlots(300_000)]],
  ['two million opcodes and one', repeat(op('NONE'), 2_000_001)],
  ['a text of 4 GB', [0x58, 0xff, 0xff, 0xff, 0xff, 0x61]],
  ['an integer of 255 bytes', [0x8a, 255, ...repeat([1], 255)]],
  ['a name without an end', [0x63, ...repeat([0x61], 100_000)]],
  ['a key named __proto__', dict([[text('__proto__'), WEIGHT]])],
  ['a tensor with a name of a megabyte', dict([[text('x'.repeat(2 ** 20)), WEIGHT]])],
  [
    'a value with a name of a megabyte',
    dict([
      [text('x'.repeat(2 ** 20)), int(1)],
      [text('w'), WEIGHT],
    ]),
  ],
  ['a tensor whose name clears the screen', dict([[text('\u001b[2Jw'), WEIGHT]])],
  ['a tensor named constructor', dict([[text('constructor'), WEIGHT]])],
  [
    'a set in a dict',
    [...op('EMPTY_DICT'), ...call(global('builtins', 'set'), op('EMPTY_LIST')), ...text('x'), ...op('SETITEM')],
  ],
];

function repeatSlots(count: number): Bytes {
  return Array.from({ length: count }, (_, slot) => [
    0x72,
    slot & 0xff,
    (slot >> 8) & 0xff,
    (slot >> 16) & 0xff,
    0,
  ]).flat();
}

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);
const NAMES: readonly string[] = [
  '../../etc/cron.d/x',
  '/etc/passwd',
  'archive/../../x',
  'C:/x',
  'archive\\..\\x',
  'a\0b',
];
const sound = zipFile(STATE, [STORAGE]);

/** A zip with a few bytes changed: `at` counts from the end where it is negative. */
const patched = (bytes: Uint8Array, at: number, value: Bytes): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy.set(value, at < 0 ? copy.length + at : at);
  return copy;
};
/** Where the directory's first entry is. */
const directoryOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(bytes.length - 6, true);

const overlapping = (): Uint8Array => {
  const inner = storedZip([['archive/data/1', Uint8Array.of(1, 2, 3, 4)]]).subarray(0, 30 + 14 + 4);
  const outer = storedZip([
    ['archive/data.pkl', inner],
    ['archive/data/1', Uint8Array.of(1, 2, 3, 4)],
  ]);
  // The second entry points into the first member, where a header of its name stands.
  return patched(outer, directoryOf(outer) + 46 + 16 + 42, [30 + 16, 0, 0, 0]);
};

const ZIPS: readonly (readonly [string, Uint8Array])[] = [
  ...NAMES.map((name) => [`a member "${name}"`, storedZip([[name, new Uint8Array(4)]])] as const),
  [
    'two members of a name',
    storedZip([
      ['a/data.pkl', utf8('x')],
      ['a/data.pkl', utf8('y')],
    ]),
  ],
  ['members that overlap', overlapping()],
  [
    'a bomb: deflated, and said to be 4 GB',
    patched(storedZip([['a/data.pkl', utf8('x')]], 8), -22 - 56 + 24, [0xfe, 0xff, 0xff, 0xff]),
  ],
  ['a stored member said to be 2 GB', patched(sound, directoryOf(sound) + 20, [0, 0, 0, 0x7f, 0, 0, 0, 0x7f])],
  ['a member that starts beyond the file', patched(sound, directoryOf(sound) + 42, [0, 0, 0, 0x7f])],
  ['a directory that starts beyond the file', patched(sound, -6, [0, 0, 0, 0x7f])],
  ['more members than there are', patched(sound, -12, [0xfe, 0xff])],
  ['a zip64 directory that is not there', patched(sound, -6, [0xff, 0xff, 0xff, 0xff])],
  ['zip64 sizes that are not there', patched(sound, directoryOf(sound) + 20, repeat([0xff], 8))],
  ['another name in the member itself', patched(sound, 30, utf8('Archive') as unknown as Bytes)],
  ['nothing in it', storedZip([])],
  ['no pickle in it', storedZip([['archive/data/0', utf8('x')]])],
  [
    'two pickles',
    storedZip([
      ['a/data.pkl', utf8('x')],
      ['b/data.pkl', utf8('x')],
    ]),
  ],
];

const safetensors = (header: string, body = new Uint8Array(), length?: bigint): Uint8Array => {
  const json = utf8(header);
  return new Uint8Array(Buffer.concat([Uint8Array.from(uint64(length ?? BigInt(json.length))), json, body]));
};
const entry = (name: string, begin: number, end: number): string =>
  `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;

const SAFETENSORS: readonly (readonly [string, () => Uint8Array])[] = [
  ...[2n ** 60n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n].map(
    (length) => [`a header of ${length} bytes`, () => safetensors('{"a":1}', new Uint8Array(64), length)] as const,
  ),
  ['a name twice', () => safetensors(`{${entry('w', 0, 4)},${entry('w', 4, 8)}}`, new Uint8Array(8))],
  ['tensors that overlap', () => safetensors(`{${entry('a', 0, 6)},${entry('b', 4, 8)}}`, new Uint8Array(8))],
  ['a gap', () => safetensors(`{${entry('a', 0, 3)},${entry('b', 4, 8)}}`, new Uint8Array(8))],
  ['offsets beyond the file', () => safetensors(`{${entry('a', 0, 9)}}`, new Uint8Array(8))],
  ['a tensor named __proto__', () => safetensors(`{${entry('__proto__', 0, 8)}}`, new Uint8Array(8))],
  ['lists 60,000 deep', () => safetensors(`{"w":${'['.repeat(60_000)}${']'.repeat(60_000)}}`)],
  ['lists a million deep', () => safetensors(`{"w":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`)],
  [
    'a shape of 100,000 axes',
    () => safetensors(`{"w":{"dtype":"U8","shape":[${'1,'.repeat(99_999)}1],"data_offsets":[0,1]}}`, new Uint8Array(1)),
  ],
  [
    'a million tensors',
    () => safetensors(`{${Array.from({ length: 1_000_000 }, (_, at) => entry(`${at}`, at, at)).join()}}`),
  ],
  [
    'a number that is no number',
    () => safetensors('{"w":{"dtype":"U8","shape":[1e999],"data_offsets":[0,1]}}', new Uint8Array(1)),
  ],
];

const conv = (weight: string): readonly number[] =>
  nodeProto({ operator: 'Conv', inputs: ['x', weight], output: 'y', name: '/c/Conv' });
const withTensor = (tensorBytes: readonly number[]): Uint8Array =>
  onnxFile({ nodes: [conv('w')], tensors: [tensorBytes] });
const FOUR = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

const ONNX: readonly (readonly [string, () => Uint8Array])[] = [
  ['an axis of 2 GB', () => withTensor(tensorProto({ name: 'w', shape: [2 ** 31], values: FOUR }))],
  [
    'a product of axes beyond any file',
    () => withTensor(tensorProto({ name: 'w', shape: repeat([2 ** 31], 4), values: FOUR })),
  ],
  ['a negative axis', () => withTensor(tensorProto({ name: 'w', shape: [-4], values: FOUR }))],
  ['two negative axes', () => withTensor(tensorProto({ name: 'w', shape: [-2, -2], values: FOUR }))],
  ['17 axes', () => withTensor(tensorProto({ name: 'w', shape: repeat([1], 17), values: FOUR }))],
  ['fewer numbers than the shape asks for', () => withTensor(tensorProto({ name: 'w', shape: [5], values: FOUR }))],
  ['more numbers than the shape asks for', () => withTensor(tensorProto({ name: 'w', shape: [3], values: FOUR }))],
  ['no numbers', () => withTensor(tensorProto({ name: 'w', shape: [4], data: [] }))],
  [
    'its numbers twice',
    () => withTensor(tensorProto({ name: 'w', shape: [4], data: [...bytesField(4, FOUR), ...bytesField(9, FOUR)] })),
  ],
  [
    'its numbers in pieces',
    () => withTensor(tensorProto({ name: 'w', shape: [8], data: [...bytesField(9, FOUR), ...bytesField(9, FOUR)] })),
  ],
  [
    'numbers that are not packed',
    () => withTensor(tensorProto({ name: 'w', shape: [1], data: [0x25, 0, 0, 0x80, 0x3f] })),
  ],
  [
    'halves of 32 bits',
    () => withTensor(tensorProto({ name: 'w', shape: [1], type: 10, data: packedField(5, [70_000]) })),
  ],
  [
    'an alias of itself',
    () => onnxFile({ nodes: [nodeProto({ operator: 'Identity', inputs: ['w'], output: 'w' }), conv('w')] }),
  ],
  [
    'aliases in a circle',
    () =>
      onnxFile({
        nodes: [
          nodeProto({ operator: 'Identity', inputs: ['v'], output: 'w' }),
          nodeProto({ operator: 'Identity', inputs: ['w'], output: 'v' }),
          conv('w'),
        ],
      }),
  ],
  ['two tensors of a name', () => onnxFile({ nodes: [conv('w')], tensors: repeatTensor('w', 2) })],
  [
    'a tensor named __proto__',
    () =>
      onnxFile({
        nodes: [nodeProto({ operator: 'Conv', inputs: ['x', '__proto__'], output: 'y' })],
        tensors: repeatTensor('__proto__', 1),
      }),
  ],
  ['no weights', () => onnxFile({ nodes: [nodeProto({ operator: 'Relu', inputs: ['x'], output: 'y' })] })],
  ['no graph', () => Uint8Array.from([...numberField(1, 8), ...bytesField(2, FOUR)])],
  ['two graphs', () => Uint8Array.from([...onnxFile({ nodes: [] }), ...bytesField(7, [])])],
  ['a length beyond the file', () => Uint8Array.from([8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1])],
  ['a length of 2^63', () => Uint8Array.from([8, 8, 0x3a, ...repeat([0xff], 9), 0x01, 1, 1, 1])],
  ['a number without an end', () => Uint8Array.from([8, 8, 0x3a, ...repeat([0xff], 30)])],
  ['a group, which has no length', () => Uint8Array.from([8, 8, 0x3b, 1, 1, 1, 1, 1, 1])],
  ['two million empty nodes', () => onnxOf(repeat(bytesField(1, []), 2_000_000))],
  ['two million empty tensors', () => onnxOf(repeat(bytesField(5, []), 2_000_000))],
  ['a node of a million inputs', () => onnxOf(bytesField(1, repeat(bytesField(1, []), 1_000_000)))],
];

function repeatTensor(name: string, times: number): (readonly number[])[] {
  return Array.from({ length: times }, () => tensorProto({ name, shape: [4], values: FOUR }));
}
function onnxOf(graph: Bytes): Uint8Array {
  return Uint8Array.from([...numberField(1, 8), ...bytesField(2, FOUR), ...bytesField(7, graph)]);
}

const GIBBERISH: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['a web page', utf8('<!DOCTYPE html><html><body>404 Not Found</body></html>')],
  ['a pointer of Git LFS', utf8('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')],
  ['zeros', new Uint8Array(1000)],
  ['ones', new Uint8Array(1000).fill(0xff)],
];

const refusal = async (bytes: Uint8Array): Promise<string> => {
  const error = await thrownBy(() => readCheckpoint(bytes));
  expect(['checkpoint_unfit', 'too_large']).toContain(error.code);
  // For a person: it says what, and doesn't repeat the file.
  expect(`${error.message}${JSON.stringify(error.details)}`.length).toBeLessThan(2000);
  expect(error.message).not.toMatch(/\p{Cc}/u);
  expect(Object.keys(Object.prototype)).toEqual([]);
  return error.message;
};

describe('a hostile file is refused', () => {
  it.each(PICKLES)('with %s, in either PyTorch format', async (_what, object) => {
    await refusal(legacyFile(object));
    await refusal(storedZip([['archive/data.pkl', Uint8Array.from([0x80, 2, ...object, 0x2e])]]));
  });
  it.each(ZIPS)('as a zip with %s', async (_what, bytes) => void (await refusal(bytes)));
  it.each(SAFETENSORS)('as safetensors with %s', async (_what, write) => void (await refusal(write())));
  it.each(ONNX)('as ONNX with %s', async (_what, write) => void (await refusal(write())));
  it.each(GIBBERISH)('that is %s', async (_what, bytes) => void (await refusal(bytes)));
});

const tensors = new Map([['w', { shape: [2, 2], dtype: 'F32', data: Float32Array.of(1, 2, 3, 4) } as const]]);
const SOUND: readonly (readonly [string, Uint8Array])[] = [
  ['legacy', legacyFile(STATE, [STORAGE])],
  ['zip', sound],
  ['safetensors', writeSafetensors(tensors)],
  ['ONNX', withTensor(tensorProto({ name: 'w', shape: [4], values: FOUR }))],
];

describe.each(SOUND)('a sound file (%s)', (_format, bytes) => {
  it('is read, and refused wherever it is cut off', async () => {
    expect(readCheckpoint(bytes).size).toBeGreaterThan(0);
    for (let length = 0; length < bytes.length; length += 1) await refusal(bytes.subarray(0, length));
  });

  it('is read or refused, and nothing else, however it is changed', () => {
    const changes = fc.array(
      fc.oneof(
        fc.record({ at: fc.nat(bytes.length - 1), set: fc.integer({ min: 0, max: 255 }) }),
        // Lengths and offsets, blown up.
        fc.record({ at: fc.nat(Math.max(0, bytes.length - 5)), fill: fc.constantFrom(0, 0x7f, 0xff) }),
      ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(changes, (list) => {
        const changed = Uint8Array.from(bytes);
        for (const change of list)
          if ('set' in change) changed[change.at] = change.set;
          else changed.fill(change.fill, change.at, change.at + 4);
        try {
          readCheckpoint(changed);
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'checkpoint_unfit') throw error;
        }
      }),
      { numRuns: 1500 },
    );
  });
});

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

/** Memory that reading takes beyond the file, garbage included. */
const memoryOf = (read: () => unknown): number => {
  collectGarbage();
  const before = process.memoryUsage();
  let result: unknown;
  try {
    result = read();
  } catch (error) {
    result = error;
  }
  const after = process.memoryUsage();
  expect(result).toBeDefined();
  return after.heapUsed - before.heapUsed + (after.arrayBuffers - before.arrayBuffers);
};

const MEGABYTE = 2 ** 20;

describe('memory', () => {
  it.each([
    ['a million tensors of safetensors', () => SAFETENSORS.find(([what]) => what === 'a million tensors')?.[1]()],
    ['two million empty nodes of ONNX', () => ONNX.find(([what]) => what === 'two million empty nodes')?.[1]()],
    ['half a million dicts of a pickle', () => legacyFile(repeat(op('EMPTY_DICT'), 500_000))],
  ])('for %s is bounded by the file, not by what it asks for', async (_what, write) => {
    const bytes = write() ?? new Uint8Array();
    expect(memoryOf(() => readCheckpoint(bytes))).toBeLessThan(2 * bytes.length + 48 * MEGABYTE);
  });

  it('for a sound file of 64 MB is about that of its tensors', () => {
    const data = new Float32Array(16 * MEGABYTE);
    const bytes = writeSafetensors(new Map([['w', { shape: [data.length], dtype: 'F32', data }]]));
    const used = memoryOf(() => readCheckpoint(bytes));
    expect(used).toBeGreaterThan(60 * MEGABYTE);
    expect(used).toBeLessThan(bytes.length + 8 * MEGABYTE);
  });
});

import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  call,
  dict,
  global,
  int,
  legacyFile,
  op,
  pickle,
  storedZip,
  tensor,
  text,
  tuple,
  zipFile,
  type Bytes,
  type StorageRecipe,
} from '../testing/pickle-writer.js';
import { thrownBy } from '../testing/thrown-by.js';
import { toFloat32 } from './checkpoint-tensor.js';
import { readCheckpoint } from './read-checkpoint.js';

const FORMATS = [
  { format: 'legacy', file: legacyFile },
  { format: 'zip', file: zipFile },
] as const;

const STORAGE: StorageRecipe = { key: 's0', values: Float32Array.of(1, 2, 3, 4, 5, 6) };
const matrix = tensor({ key: 's0', shape: [2, 3], strides: [3, 1], elements: 6 });
const state = (...entries: (readonly [Bytes, Bytes])[]): Bytes => dict(entries);

describe.each(FORMATS)('a PyTorch file of the $format format', ({ file }) => {
  it('gives its tensors by name, in their order', () => {
    const halves: StorageRecipe = { key: 's1', values: Uint16Array.of(0x3c00, 0xc000, 0x0001) };
    const object = state(
      [text('b'), matrix],
      [text('a'), tensor({ key: 's1', shape: [3], strides: [1], elements: 3, storage: 'HalfStorage' })],
    );
    const checkpoint = readCheckpoint(file(object, [STORAGE, halves]));
    expect([...checkpoint.keys()]).toEqual(['b', 'a']);
    expect(checkpoint.get('b')).toEqual({ shape: [2, 3], dtype: 'F32', data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    const half = checkpoint.get('a');
    expect(half && [...toFloat32('a', half)]).toEqual([1, -2, 2 ** -24]);
  });

  it('reads a Buffer that starts anywhere, into memory of its own', () => {
    const bytes = file(state([text('w'), matrix]), [STORAGE]);
    for (let shift = 0; shift < 4; shift += 1) {
      const shifted = Buffer.alloc(bytes.length + shift);
      shifted.set(bytes, shift);
      const data = readCheckpoint(shifted.subarray(shift)).get('w')?.data;
      shifted.fill(0xff);
      expect(data).toEqual(STORAGE.values);
    }
  });

  it('reads views: an offset, a transpose, a storage that two tensors share', () => {
    const object = state(
      [text('row'), tensor({ key: 's0', shape: [3], strides: [1], offset: 3, elements: 6 })],
      [text('transposed'), tensor({ key: 's0', shape: [3, 2], strides: [1, 3], elements: 6 })],
    );
    const checkpoint = readCheckpoint(file(object, [STORAGE]));
    expect(checkpoint.get('row')?.data).toEqual(Float32Array.of(4, 5, 6));
    expect(checkpoint.get('transposed')?.data).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
  });

  it('finds the state dict that a training script saved beside other things', () => {
    const object = state([text('epoch'), int(3)], [text('state_dict'), state([text('w'), matrix])]);
    expect([...readCheckpoint(file(object, [STORAGE])).keys()]).toEqual(['w']);
  });

  it('refuses a call of os.system by its name, and runs nothing', async () => {
    const proof = join(tmpdir(), `graft-pickle-proof-${process.pid}`);
    const attack = call(global('os', 'system'), text(`touch ${proof}`));
    const error = await thrownBy(() => readCheckpoint(file(state([text('w'), attack]))));
    expect(error.code).toBe('checkpoint_unfit');
    expect(error.details).toEqual({ global: 'os.system' });
    expect(existsSync(proof)).toBe(false);
  });

  it.each([
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['torch.storage', '_load_from_bytes'],
    ['collections', 'OrderedDict.__init__'],
  ])('refuses the global %s.%s', async (module, name) => {
    const error = await thrownBy(() => readCheckpoint(file(state([text('w'), global(module, name)]))));
    expect(error).toMatchObject({ code: 'checkpoint_unfit', details: { global: `${module}.${name}` } });
  });

  it.each([
    { name: 'STACK_GLOBAL', opcode: 0x93 },
    { name: 'INST', opcode: 0x69 },
    { name: 'OBJ', opcode: 0x6f },
    { name: 'NEWOBJ', opcode: 0x81 },
    { name: 'EXT1', opcode: 0x82 },
    { name: '0xff', opcode: 0xff },
  ])('refuses the opcode $name', async ({ name, opcode }) => {
    const error = await thrownBy(() => readCheckpoint(file([...text('os'), ...text('system'), opcode])));
    expect(error.code).toBe('checkpoint_unfit');
    expect(error.message).toContain(name);
  });

  it('refuses to call what is not a name, and to build what is not an OrderedDict', async () => {
    const called = await thrownBy(() => readCheckpoint(file(call(text('os.system'), text('true')))));
    expect(called.message).toContain('calls something that is not a name');
    const built = await thrownBy(() => readCheckpoint(file([...text('x'), ...dict([]), ...op('BUILD')])));
    expect(built.message).toContain('not an OrderedDict');
    const storage = await thrownBy(() => readCheckpoint(file(call(global('torch', 'FloatStorage'), int(1 << 30)))));
    expect(storage.message).toContain('calls torch.FloatStorage');
  });

  it.each(['__proto__', 'constructor'])('refuses a tensor named %s and leaves every object as it was', async (name) => {
    const error = await thrownBy(() => readCheckpoint(file(state([text(name), matrix]), [STORAGE])));
    expect(error.message).toContain(name);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    { what: 'a shape of 2^60', shape: [2 ** 53 - 1, 128], strides: [1, 1], offset: 0 },
    { what: 'a broadcast of a few bytes', shape: [2 ** 40], strides: [0], offset: 0 },
    { what: 'an offset beyond the storage', shape: [2], strides: [1], offset: 5 },
    { what: 'a stride beyond the storage', shape: [2, 2], strides: [100, 1], offset: 0 },
    { what: 'a negative offset', shape: [2], strides: [1], offset: -1 },
    { what: 'axes without strides', shape: [2, 2], strides: [1], offset: 0 },
  ])('refuses $what', async ({ shape, strides, offset }) => {
    const object = state([text('w'), tensor({ key: 's0', shape, strides, offset, elements: 6 })]);
    const error = await thrownBy(() => readCheckpoint(file(object, [STORAGE])));
    expect(error.code).toBe('checkpoint_unfit');
  });

  it('refuses tensors that together are larger than the file', async () => {
    const big: StorageRecipe = { key: 's0', values: new Float32Array(2000) };
    const whole = tensor({ key: 's0', shape: [2000], strides: [1], elements: 2000 });
    const object = state(...Array.from({ length: 30 }, (_, index) => [text(`w${index}`), whole] as const));
    const error = await thrownBy(() => readCheckpoint(file(object, [big])));
    expect(error.message).toContain('larger than the file');
  });

  it('refuses a storage that is missing, of another length, or of two kinds', async () => {
    const missing = await thrownBy(() => readCheckpoint(file(state([text('w'), matrix]))));
    expect(missing.code).toBe('checkpoint_unfit');
    const short = tensor({ key: 's0', shape: [2], strides: [1], elements: 7 });
    expect((await thrownBy(() => readCheckpoint(file(state([text('w'), short]), [STORAGE])))).code).toBe(
      'checkpoint_unfit',
    );
    const other = tensor({ key: 's0', shape: [2], strides: [1], elements: 6, storage: 'LongStorage' });
    const twice = state([text('w'), matrix], [text('v'), other]);
    expect((await thrownBy(() => readCheckpoint(file(twice, [STORAGE])))).message).toContain('of two kinds');
  });

  it('never throws anything but a refusal, wherever the file is cut or changed', () => {
    const sound = file(state([text('w'), matrix]), [STORAGE]);
    const survives = (bytes: Uint8Array): boolean => {
      try {
        readCheckpoint(bytes);
        return true;
      } catch (error) {
        return error instanceof AppError && error.code === 'checkpoint_unfit';
      }
    };
    for (let length = 0; length < sound.length; length += 1) expect(survives(sound.subarray(0, length))).toBe(true);
    const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1 });
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = Uint8Array.from(sound);
        for (const [at, byte] of list) bytes[at] = byte;
        return survives(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the legacy format', () => {
  it.each([2n ** 60n, 2n ** 63n, 7n])('refuses a storage that says it has %s elements', async (count) => {
    const bytes = legacyFile(state([text('w'), matrix]), [{ ...STORAGE, count }]);
    expect((await thrownBy(() => readCheckpoint(bytes))).message).toContain('bytes are left');
  });

  it('refuses a pickle that is not a PyTorch file', async () => {
    expect((await thrownBy(() => readCheckpoint(Uint8Array.from(pickle(int(1)))))).message).toContain('magic number');
  });
});

describe('the zip format', () => {
  it('refuses members that are compressed, doubled, or a program', async () => {
    const data = Uint8Array.from(pickle(dict([])));
    const squeezed = storedZip([['a/data.pkl', data]], 8);
    expect((await thrownBy(() => readCheckpoint(squeezed))).message).toContain('compressed');
    const members = [['a/data.pkl', data] as const, ['a/data.pkl', data] as const];
    expect((await thrownBy(() => readCheckpoint(storedZip(members)))).message).toContain('two members');
    const program = storedZip([['a/data.pkl', data] as const, ['a/code/x.py', data] as const]);
    expect((await thrownBy(() => readCheckpoint(program))).message).toContain('TorchScript');
  });
});

describe('what is no checkpoint', () => {
  it('is refused, with what was expected', async () => {
    const text_ = new TextEncoder().encode('hello, world: not a checkpoint');
    expect((await thrownBy(() => readCheckpoint(text_))).message).toContain('neither a PyTorch state dict');
    expect((await thrownBy(() => readCheckpoint(new Uint8Array()))).code).toBe('checkpoint_unfit');
  });

  it('is a tuple where a state dict should be', async () => {
    expect((await thrownBy(() => readCheckpoint(zipFile(tuple(int(1)))))).message).toContain('no state dict');
  });
});

import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import fc from 'fast-check';
import { thrownBy } from '../testing/thrown-by.js';
import type { CheckpointTensor } from './checkpoint-tensor.js';
import { readCheckpoint } from './read-checkpoint.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const TENSORS = new Map<string, CheckpointTensor>([
  ['bytes', { shape: [3], dtype: 'U8', data: Uint8Array.of(1, 2, 3) }],
  ['weights', { shape: [2, 2], dtype: 'F32', data: Float32Array.of(1, -2, 0.5, Number.MIN_VALUE) }],
  ['empty', { shape: [0, 4], dtype: 'F32', data: new Float32Array() }],
  ['big', { shape: [1], dtype: 'I64', data: BigInt64Array.of(-1n) }],
]);

const file = (header: unknown, body: Uint8Array = new Uint8Array()): Uint8Array => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
};

const f32 = (shape: unknown, offsets: unknown): object => ({ w: { dtype: 'F32', shape, data_offsets: offsets } });

describe('safetensors', () => {
  it('round-trips tensors and metadata', () => {
    const { tensors, metadata } = readSafetensors(
      writeSafetensors(TENSORS, { labels: '["ä"]', schemaVersion: 'x.v1' }),
    );
    expect(new Map([...tensors].sort())).toEqual(new Map([...TENSORS].sort()));
    expect(Object.fromEntries(metadata)).toEqual({ labels: '["ä"]', schemaVersion: 'x.v1' });
  });

  it('is read as a checkpoint too', () => {
    expect(readCheckpoint(writeSafetensors(TENSORS)).get('weights')?.shape).toEqual([2, 2]);
  });

  it.each([0x80, 0x08, 0x4b50])(
    'is known as such when the length of its header begins like another format: %i',
    (length) => {
      const header = JSON.stringify(f32([1], [0, 4])).padEnd(length + 0x10000 * 2);
      const tensors = readCheckpoint(file(header, new Uint8Array(4)));
      expect([...tensors.keys()]).toEqual(['w']);
    },
  );

  it('has one byte form, whatever the order', () => {
    const reversed = new Map([...TENSORS].reverse());
    expect(writeSafetensors(reversed, { b: '2', a: '1' })).toEqual(writeSafetensors(TENSORS, { a: '1', b: '2' }));
  });

  it('reads a Buffer that does not start at a multiple of 8, into memory of its own', () => {
    const bytes = writeSafetensors(TENSORS);
    const shifted = Buffer.alloc(bytes.length + 1);
    shifted.set(bytes, 1);
    const weights = readSafetensors(shifted.subarray(1)).tensors.get('weights');
    expect(weights).toEqual(TENSORS.get('weights'));
    shifted.fill(0xff);
    expect(weights).toEqual(TENSORS.get('weights'));
  });

  it('refuses to write data that does not fit its shape', async () => {
    const tensors = new Map([['w', { shape: [3], dtype: 'F32', data: Float32Array.of(1) } as const]]);
    expect((await thrownBy(() => writeSafetensors(tensors))).message).toContain('"w" has 1 elements');
  });

  it.each([
    ['a header longer than the file', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7b)],
    ['less than a length', Uint8Array.of(1, 2)],
    ['a header that is not JSON', file('{"w":')],
    ['a header nested without end', file(`{"w":${'['.repeat(200_000)}`)],
    ['a header that is a list', file('[]')],
    ['an unknown element type', file({ w: { dtype: 'F8', shape: [1], data_offsets: [0, 1] } })],
    ['a shape of 2^60', file(f32([2 ** 30, 2 ** 30], [0, 4]))],
    ['a shape beyond whole numbers', file(f32([1e308, 1e308], [0, 4]))],
    ['a negative size', file(f32([-1], [0, 4]))],
    ['half an element', file(f32([0.5], [0, 2]), new Uint8Array(2))],
    ['offsets beyond the data', file(f32([1], [0, 4]))],
    ['offsets the wrong way round', file(f32([1], [4, 0]), new Uint8Array(4))],
    ['three offsets', file(f32([1], [0, 4, 8]), new Uint8Array(4))],
    ['a gap', file(f32([1], [4, 8]), new Uint8Array(8))],
    ['bytes that belong to nothing', file(f32([1], [0, 4]), new Uint8Array(8))],
    [
      'an overlap',
      file({ ...f32([1], [0, 4]), v: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)),
    ],
    [
      'a tensor named __proto__',
      file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', new Uint8Array(1)),
    ],
    ['metadata that is not text', file({ __metadata__: { a: 1 } })],
  ])('refuses %s', async (_what, bytes) => {
    expect((await thrownBy(() => readSafetensors(bytes))).code).toBe('checkpoint_unfit');
  });

  it('never throws anything but a refusal, however its bytes are changed', () => {
    const sound = writeSafetensors(TENSORS, { a: 'b' });
    const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1 });
    fc.assert(
      fc.property(changes, fc.nat(sound.length), (list, length) => {
        const bytes = Uint8Array.from(sound);
        for (const [at, byte] of list) bytes[at] = byte;
        for (const candidate of [bytes, sound.subarray(0, length)])
          try {
            readSafetensors(candidate);
          } catch (error) {
            if (!(error instanceof AppError) || error.code !== 'checkpoint_unfit') throw error;
          }
      }),
      { numRuns: 2000 },
    );
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { activationExamples } from './activation-examples.js';

describe('examples of activations', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-examples-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives the rows asked for, in the order asked', async () => {
    await writeFile(file('vectors'), new Uint8Array(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer));
    const labels = Int32Array.from([0, 1, 0]);
    const examples = activationExamples({ path: file('vectors'), shape: [2], storage: 'float32', labels });
    expect(examples.shape).toEqual([2]);
    expect(examples.labels).toBe(labels);
    expect([...(await examples.read([2, 0], 1))]).toEqual([5, 6, 1, 2]);
    expect([...(await examples.read([2, 0], null))]).toEqual([5, 6, 1, 2]);
    examples.close();
  });

  it('turns maps so that channels lie side by side', async () => {
    // Two rows of [c = 2, h = 1, w = 3].
    const values = Float32Array.from([1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60]);
    await writeFile(file('maps'), new Uint8Array(values.buffer));
    const labels = new Int32Array(2);
    const examples = activationExamples({ path: file('maps'), shape: [2, 1, 3], storage: 'float32', labels });
    expect(examples.shape).toEqual([1, 3, 2]);
    expect([...(await examples.read([1], 1))]).toEqual([4, 40, 5, 50, 6, 60]);
    examples.close();
  });

  it('reads half precision exactly', async () => {
    // 1, −2, 65504 (the largest), 2^−24 (the smallest), as binary16.
    await writeFile(file('halves'), new Uint8Array(Uint16Array.from([0x3c00, 0xc000, 0x7bff, 0x0001]).buffer));
    const labels = new Int32Array(1);
    const examples = activationExamples({ path: file('halves'), shape: [4, 1, 1], storage: 'float16', labels });
    expect([...(await examples.read([0], 1))]).toEqual([1, -2, 65504, 2 ** -24]);
    examples.close();
  });

  it('refuses a file that is cut short', async () => {
    await writeFile(file('short'), new Uint8Array(12));
    expect(() =>
      activationExamples({ path: file('short'), shape: [2], storage: 'float32', labels: new Int32Array(2) }),
    ).toThrow(/expected 2 rows.*16 bytes; it has 12/);
  });
});

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkOutput, makeFolder } from './output-path.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-output-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a folder to write to', () => {
  it('is made, or is there', async () => {
    const path = join(folder, 'a/b');
    await makeFolder(path);
    await makeFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.each([
    ['file', /file is a file: name a folder/],
    ['file/below', /below lies under a file: name a folder/],
  ])('is no %s', async (name, message) => {
    await expect(makeFolder(join(folder, name))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    });
  });
});

describe('a file to write', () => {
  it('lies in a folder that is there', async () => {
    await expect(checkOutput(join(folder, 'new.html'))).resolves.toBeUndefined();
    await expect(checkOutput(join(folder, 'file'))).resolves.toBeUndefined();
    await expect(checkOutput(join(folder, 'none/new.html'))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`there is no folder ${join(folder, 'none')}`),
    });
    await expect(checkOutput(folder)).rejects.toMatchObject({ code: 'usage' });
  });
});

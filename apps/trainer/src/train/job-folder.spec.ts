import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { removeStaleFolders, withJobFolder } from './job-folder.js';

describe('folders of training jobs', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'graft-folders-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('are removed when the work is done, and when it failed', async () => {
    const wrote = (folder: string): Promise<void> => writeFile(join(folder, 'file'), 'x');
    await withJobFolder(wrote, parent);
    await expect(
      withJobFolder(async (folder) => {
        await wrote(folder);
        throw new Error('failed');
      }, parent),
    ).rejects.toThrow('failed');
    expect(await readdir(parent)).toEqual([]);
  });

  it('stay while their trainer lives, and go with the next job when it was killed', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    await mkdir(join(parent, `graft-train-${other.pid}-123-abcdef`));
    // The id of a process that is alive, which was started at another time.
    await mkdir(join(parent, `graft-train-${process.pid}-1-abcdef`));
    await mkdir(join(parent, 'something-else'));
    await withJobFolder(async () => {
      const [own, ...others] = await readdir(parent);
      expect(own).toMatch(new RegExp(`^graft-train-${process.pid}-\\d+-`));
      expect(others).toEqual(['something-else']);
      await removeStaleFolders(parent);
      expect(await readdir(parent)).toHaveLength(2);
    }, parent);
  });
});

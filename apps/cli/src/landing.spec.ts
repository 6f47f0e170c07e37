import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '@graft/artifacts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findLandingFiles, landFiles, landingKey } from './landing.js';

let folder: string;

const write = async (path: string, text = path): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-landing-'));
  await write('plain/ants/a-1.jpg');
  await write('plain/bees & wasps/b-1.jpg');
  await write('plain/bees & wasps/deep/er.jpg');
  await write('plain/.DS_Store');
  await write('plain/loose.jpg');
  await mkdir(join(folder, 'plain/empty'));
  await write('fixed/train/ants/1.jpg');
  await write('fixed/val/ants/2.jpg');
  await write('fixed/bees/3.jpg');
});
afterAll(() => rm(folder, { recursive: true }));

describe('findLandingFiles', () => {
  it('reads labels from folders and tells what it could not place', async () => {
    const found = await findLandingFiles(join(folder, 'plain'), { source: 'camera', groupPattern: /^([a-z])-/u });
    expect(found.files.map(({ label, fileName, group, source }) => ({ label, fileName, group, source }))).toEqual([
      { label: 'ants', fileName: 'a-1.jpg', group: 'a', source: 'camera' },
      { label: 'bees & wasps', fileName: 'b-1.jpg', group: 'b', source: 'camera' },
    ]);
    expect(found.emptyLabels).toEqual(['empty']);
    expect(found.misplaced.map((path) => path.slice(folder.length)).sort()).toEqual([
      '/plain/bees & wasps/deep/er.jpg',
      '/plain/loose.jpg',
    ]);
  });

  it('reads fixed splits', async () => {
    const { files } = await findLandingFiles(join(folder, 'fixed'));
    expect(files.map((file) => landingKey('d', file)).sort()).toEqual([
      'd/bees/3.jpg',
      'd/train/ants/1.jpg',
      'd/val/ants/2.jpg',
    ]);
  });

  it('says which folder is missing', async () => {
    await expect(findLandingFiles(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nowhere'),
    });
  });
});

describe('landFiles', () => {
  it('puts every file under its key, with what is known of it, and says how far it is', async () => {
    const landing = createMemoryStore();
    const { files } = await findLandingFiles(join(folder, 'plain'), { source: 'camera', groupPattern: /^([a-z])-/u });
    const steps: number[] = [];
    const landed = await landFiles({ landing, dataset: 'insects', files, onProgress: (done) => steps.push(done) });
    expect(steps).toEqual([1, 2]);
    expect(landed).toEqual({ uploaded: 2, unchanged: 0 });
    const object = await landing.get('insects/bees & wasps/b-1.jpg');
    expect(object?.metadata).toMatchObject({ source: 'camera', group: 'b' });
    expect(Buffer.from(object?.bytes ?? []).toString()).toBe('plain/bees & wasps/b-1.jpg');
  });

  it('sends again only what changed', async () => {
    const landing = createMemoryStore();
    const { files } = await findLandingFiles(join(folder, 'plain'));
    await landFiles({ landing, dataset: 'insects', files });
    await landing.put('insects/ants/a-1.jpg', Buffer.from('other bytes'));
    expect(await landFiles({ landing, dataset: 'insects', files })).toEqual({ uploaded: 1, unchanged: 1 });
    expect(Buffer.from((await landing.get('insects/ants/a-1.jpg'))?.bytes ?? []).toString()).toBe('plain/ants/a-1.jpg');
  });
});

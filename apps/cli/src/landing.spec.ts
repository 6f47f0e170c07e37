import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '@graft/artifacts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findLandingFiles, landFiles } from './landing.js';
import { openLandingSource } from './landing-source.js';

let folder: string;

const write = async (path: string, text = path): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-landing-'));
  await write('plain/bees & wasps/b-1.jpg');
  await write('plain/ants/a-1.jpg');
  await write('plain/loose.jpg');
  await write('fixed/train/ants/1.jpg');
  await write('fixed/val/ants/2.jpg');
  await write('not-an-archive.zip', 'hello');
});
afterAll(() => rm(folder, { recursive: true }));

describe('findLandingFiles', () => {
  it('gives labels, names and splits in order, and what can be read', async () => {
    const plain = await findLandingFiles(join(folder, 'plain'));
    expect(plain.map(({ split, label, fileName }) => [split, label, fileName])).toEqual([
      [null, 'ants', 'a-1.jpg'],
      [null, 'bees & wasps', 'b-1.jpg'],
    ]);
    expect(Buffer.from((await plain[0]?.read()) ?? []).toString()).toBe('plain/ants/a-1.jpg');
    const fixed = await findLandingFiles(join(folder, 'fixed'));
    expect(fixed.map(({ split, fileName }) => [split, fileName])).toEqual([
      ['train', '1.jpg'],
      ['val', '2.jpg'],
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
  it('puts every file under its key, with what is known of it, and sends again only what changed', async () => {
    const landing = createMemoryStore();
    const files = (await findLandingFiles(join(folder, 'plain'))).map((file) => ({
      ...file,
      source: 'camera',
      group: file.fileName.slice(0, 1),
    }));
    const steps: number[] = [];
    const land = () => landFiles({ landing, dataset: 'insects', files, onProgress: (done) => steps.push(done) });
    expect(await land()).toMatchObject({ uploaded: 2, unchanged: 0, labels: ['ants', 'bees & wasps'] });
    expect(steps).toEqual([1, 2]);
    const object = await landing.get('insects/bees & wasps/b-1.jpg');
    expect(object?.metadata).toMatchObject({ source: 'camera', group: 'b' });
    await landing.put('insects/ants/a-1.jpg', Buffer.from('other bytes'));
    expect(await land()).toMatchObject({ uploaded: 1, unchanged: 1 });
    expect(Buffer.from((await landing.get('insects/ants/a-1.jpg'))?.bytes ?? []).toString()).toBe('plain/ants/a-1.jpg');
  });
});

describe('openLandingSource', () => {
  const noBucket = (): never => {
    throw new Error('no bucket was to be opened');
  };

  it('takes a folder, and a prefix of a bucket', async () => {
    const opened: string[] = [];
    const store = createMemoryStore();
    await store.put('photos/ants/1.jpg', Uint8Array.of(1));
    const openBucket = (name: string) => (opened.push(name), store);
    const source = await openLandingSource('s3://my-bucket/photos', { openBucket });
    const paths: string[] = [];
    for await (const { path } of source.entries()) paths.push(path);
    expect({ opened, paths }).toEqual({ opened: ['my-bucket'], paths: ['ants/1.jpg'] });
    expect((await openLandingSource(join(folder, 'plain'), { openBucket: noBucket })).name).toContain('plain');
  });

  it.each([
    ['s3:///x', 'usage'],
    ['https://example.org/x.zip', 'usage'],
    ['nowhere', 'not_found'],
    ['not-an-archive.zip', 'image_unfit'],
    ['plain/loose.jpg', 'usage'],
  ])('refuses %s as %s', async (text, code) => {
    const address = text.includes('://') ? text : join(folder, text);
    await expect(openLandingSource(address, { openBucket: noBucket })).rejects.toMatchObject({ code });
  });

  it('says of a single image what to land instead', async () => {
    await expect(openLandingSource(join(folder, 'plain/loose.jpg'), { openBucket: noBucket })).rejects.toThrow(
      /loose\.jpg is a single file and no archive: .*Land the folder that holds folders of labels \(<label>\/loose\.jpg\)/,
    );
  });
});

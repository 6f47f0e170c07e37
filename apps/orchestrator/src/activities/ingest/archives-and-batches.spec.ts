import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  inspectedChunkSchema,
  quarantineSchema,
  type IngestDatasetResult,
  type IngestPlan,
  type ManifestImage,
  type QuarantineEntry,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { makeTar, makeZip } from '@graft/data/testing';
import { createWorld, noisePng, testScope, type World } from '../../testing/activity-world.js';
import { createIngestActivities } from './create-ingest-activities.js';
import { besideKey } from './expanded-target.js';

const DATASET = 'flowers';

let temporaryFolder: string;
beforeAll(async () => {
  temporaryFolder = await mkdtemp(join(tmpdir(), 'graft-expand-spec-'));
});
afterAll(() => rm(temporaryFolder, { recursive: true }));

const newWorld = async (): Promise<World> => {
  const world = { ...createWorld(), temporaryFolder };
  await world.registry.putDataset(DATASET, {});
  return world;
};
const put = async (world: World, key: string, bytes: Uint8Array | string): Promise<string> =>
  (await world.landing.put(`${DATASET}/${key}`, Buffer.from(bytes as string))).etag;
const planOf = (world: World): Promise<IngestPlan> => createIngestActivities(world).planIngest({ dataset: DATASET });

/** What the workflow does. */
const ingest = async (world: World): Promise<IngestDatasetResult> => {
  const { expandArchive, inspectChunk, completeIngest } = createIngestActivities(world);
  let plan = await planOf(world);
  const inspected: string[] = [];
  if (plan.archives !== undefined) {
    for (const object of plan.archives) inspected.push(await expandArchive({ dataset: DATASET, object }));
    plan = await planOf(world);
  }
  for (const chunk of plan.chunks) inspected.push(await inspectChunk({ dataset: DATASET, chunk }));
  return completeIngest({ dataset: DATASET, plan, inspected });
};

const imagesOf = async (world: World): Promise<Record<string, ManifestImage>> => {
  const [latest] = await world.registry.listDatasetVersions(DATASET);
  const { images } = await readDatasetVersion(world.blobs, latest?.id ?? '');
  return Object.fromEntries(images.map((image) => [image.key, image]));
};
const quarantineOf = async (world: World): Promise<Record<string, QuarantineEntry['reason']>> => {
  const [latest] = await world.registry.listDatasetVersions(DATASET);
  if (!latest?.quarantine) return {};
  const { entries } = await readDocument(world.blobs, quarantineSchema, latest.quarantine);
  return Object.fromEntries(entries.map(({ key, reason }) => [key, reason]));
};
const landedKeys = async (world: World): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of world.landing.list(`${DATASET}/`)) keys.push(key);
  return keys;
};
const leftovers = (): Promise<string[]> => readdir(temporaryFolder);

const archiveOf = async (world: World): Promise<NonNullable<IngestPlan['archives']>[number]> => {
  const [object] = (await planOf(world)).archives ?? [];
  if (object === undefined) throw new Error('no archive was planned');
  return object;
};

describe('an archive right under a dataset', () => {
  it('is taken apart, once, into landed objects with what was refused in the quarantine', async () => {
    const world = await newWorld();
    const members = [
      { name: 'photos/train/rose/1.png', bytes: await noisePng(1) },
      { name: 'photos/train/rose/2.png', bytes: await noisePng(2) },
      { name: 'photos/test/tulip/3.png', bytes: await noisePng(3) },
      { name: 'photos/rose/../../../4.png', bytes: await noisePng(4) },
      { name: 'photos/train/rose/text.png', bytes: 'no image' },
      { name: 'photos/README', bytes: 'read me' },
    ];
    await put(world, 'photos.zip', makeZip(members));
    expect(await planOf(world)).toMatchObject({ objects: 0, chunks: [], archives: [{ key: 'flowers/photos.zip' }] });
    const result = await ingest(world);
    expect(result).toMatchObject({ newImages: 3, quarantined: 3 });
    expect(Object.keys(await imagesOf(world)).sort()).toEqual([
      'flowers/test/tulip/3.png',
      'flowers/train/rose/1.png',
      'flowers/train/rose/2.png',
    ]);
    expect(await quarantineOf(world)).toEqual({
      'flowers/photos.zip/photos/README': 'unexpected_key',
      'flowers/photos.zip/photos/rose/../../../4.png': 'unexpected_key',
      'flowers/train/rose/text.png': 'not_an_image',
    });
    const after = await planOf(world);
    expect(after).toMatchObject({ objects: 0, chunks: [] });
    expect(after.archives).toBeUndefined();
    expect(await leftovers()).toEqual([]);
  });

  it('is found again, and nothing of it twice, when a worker died after taking it apart', async () => {
    const world = await newWorld();
    await put(world, 'more.tar.gz', await makeTar([{ name: 'rose/1.png', bytes: await noisePng(1) }]));
    const object = await archiveOf(world);
    const { expandArchive } = createIngestActivities(world);
    const first = await expandArchive({ dataset: DATASET, object });
    const [before] = [await landedKeys(world)];
    expect(await expandArchive({ dataset: DATASET, object })).toBe(first);
    expect(await landedKeys(world)).toEqual(before);
    expect(before).toEqual(['flowers/more.tar.gz', 'flowers/rose/1.png']);
    expect((await planOf(world)).archives).toEqual([object]);
  });

  it('puts nothing over what lies there', async () => {
    const world = await newWorld();
    await put(world, 'rose/1.png', await noisePng(1));
    await put(world, 'a.zip', makeZip([{ name: 'rose/1.png', bytes: await noisePng(2) }]));
    await put(world, 'b.zip', makeZip([{ name: 'rose/1.png', bytes: await noisePng(3) }]));
    await put(world, 'c.zip', makeZip([{ name: 'rose/1.png', bytes: await noisePng(1) }]));
    expect(await ingest(world)).toMatchObject({ newImages: 3, quarantined: 0 });
    const keys = Object.keys(await imagesOf(world)).sort();
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBe('flowers/rose/1.png');
    for (const key of keys.slice(1)) expect(key).toMatch(/^flowers\/rose\/1~[0-9a-f]{8}\.png$/);
  });

  it('that cannot be read is set aside, and taken apart once it was mended', async () => {
    const world = await newWorld();
    await put(world, 'rose/1.png', await noisePng(1));
    const whole = makeZip([{ name: 'rose/2.png', bytes: await noisePng(2) }]);
    await put(world, 'cut.zip', whole.subarray(0, whole.length - 40));
    await put(world, 'large.zip', Buffer.concat([whole, Buffer.alloc(100_000)]));
    const bounded = { ...world, maxArchiveBytes: 50_000 };
    expect(await ingest(bounded)).toMatchObject({ newImages: 1, quarantined: 2 });
    expect(await quarantineOf(world)).toEqual({
      'flowers/cut.zip': 'archive_unfit',
      'flowers/large.zip': 'archive_unfit',
    });
    expect((await planOf(world)).archives).toBeUndefined();
    await put(world, 'cut.zip', whole);
    expect(await ingest(bounded)).toMatchObject({ newImages: 1 });
    expect(await quarantineOf(world)).toEqual({ 'flowers/large.zip': 'archive_unfit' });
  });

  it('is ruled by the manifest in it', async () => {
    const world = await newWorld();
    await put(
      world,
      'named.tar',
      await makeTar([
        { name: 'x/raw/1.png', bytes: await noisePng(1) },
        { name: 'x/raw/2.png', bytes: await noisePng(2) },
        { name: 'x/manifest.csv', bytes: 'file,label,group,split,source\nraw/1.png,rose,g,test,site\n' },
      ]),
    );
    expect(await ingest(world)).toMatchObject({ newImages: 1, quarantined: 1 });
    expect(await imagesOf(world)).toMatchObject({
      'flowers/test/rose/raw__1.png': { label: 'rose', group: 'g', fixedSplit: 'test', source: 'site' },
    });
    expect(await quarantineOf(world)).toEqual({ 'flowers/named.tar/x/raw/2.png': 'not_in_manifest' });
  });

  it('that is gone, or was replaced, is left to the next plan', async () => {
    const world = await newWorld();
    await put(world, 'a.zip', makeZip([{ name: 'rose/1.png', bytes: 'x' }]));
    const object = await archiveOf(world);
    await put(world, 'a.zip', makeZip([{ name: 'rose/2.png', bytes: 'y' }]));
    const { expandArchive } = createIngestActivities(world);
    const read = async (): Promise<unknown> =>
      (await readDocument(world.blobs, inspectedChunkSchema, await expandArchive({ dataset: DATASET, object })))
        .objects;
    expect(await read()).toEqual([]);
    await world.landing.remove(object.key);
    expect(await read()).toEqual([]);
    expect(await landedKeys(world)).toEqual([]);
  });

  it('fails as a whole where the store is away, or it was cancelled, and leaves nothing behind', async () => {
    const world = await newWorld();
    await put(world, 'a.zip', makeZip([{ name: 'rose/1.png', bytes: await noisePng(1) }]));
    const object = await archiveOf(world);
    const landing = { ...world.landing, put: () => Promise.reject(new Error('the store is away')) };
    await expect(
      createIngestActivities({ ...world, landing }).expandArchive({ dataset: DATASET, object }),
    ).rejects.toThrow('the store is away');
    const scope = () => testScope(AbortSignal.abort());
    await expect(
      createIngestActivities({ ...world, scope }).expandArchive({ dataset: DATASET, object }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('a batch', () => {
  const batch = async (world: World, manifest: string | null, name = 'manifest.csv'): Promise<void> => {
    await put(world, '@may/raw/1.png', await noisePng(1));
    await put(world, '@may/raw/2.png', await noisePng(2));
    await put(world, '@may/raw/3.png', await noisePng(3));
    await put(world, '@may/.DS_Store', 'x');
    if (manifest !== null) await put(world, `@may/${name}`, manifest);
  };

  it('waits for its manifest, and is what that says', async () => {
    const world = await newWorld();
    await batch(world, null);
    expect(await planOf(world)).toMatchObject({ objects: 0, chunks: [] });
    await put(
      world,
      '@may/manifest.jsonl',
      '{"file":"raw/1.png","label":"rose","split":"val","group":"g","source":"s"}\n{"file":"raw/2.png","label":"tulip"}\n{"file":"raw/9.png","label":"tulip"}',
    );
    expect(await ingest(world)).toMatchObject({ newImages: 2, quarantined: 1 });
    expect(await imagesOf(world)).toMatchObject({
      'flowers/@may/raw/1.png': { label: 'rose', group: 'g', fixedSplit: 'val', source: 's' },
      'flowers/@may/raw/2.png': { label: 'tulip', group: null, source: 'landing' },
    });
    expect(await quarantineOf(world)).toEqual({ 'flowers/@may/raw/3.png': 'not_in_manifest' });
    expect(await planOf(world)).toMatchObject({ objects: 0, chunks: [] });
    // The one that it names and that wasn't there yet.
    await put(world, '@may/raw/9.png', await noisePng(9));
    expect(await ingest(world)).toMatchObject({ newImages: 1 });
  });

  it('takes in what a replaced manifest adds, and leaves what was taken as it is', async () => {
    const world = await newWorld();
    await batch(world, 'file,label\nraw/1.png,rose\nraw/2.png,rose\n');
    expect(await ingest(world)).toMatchObject({ newImages: 2, quarantined: 1 });
    await put(world, '@may/manifest.csv', 'file,label\nraw/1.png,tulip\nraw/3.png,tulip\n');
    expect(await ingest(world)).toMatchObject({ newImages: 1, quarantined: 0 });
    expect(await imagesOf(world)).toMatchObject({
      'flowers/@may/raw/1.png': { label: 'rose' },
      'flowers/@may/raw/2.png': { label: 'rose' },
      'flowers/@may/raw/3.png': { label: 'tulip' },
    });
    expect(await quarantineOf(world)).toEqual({});
    expect(await planOf(world)).toMatchObject({ objects: 0, chunks: [] });
  });

  it('waits while its manifest cannot be read, which is told once, with the line', async () => {
    const world = await newWorld();
    await batch(world, 'file,label\n"raw/1.png,rose\n');
    await put(world, 'rose/7.png', await noisePng(7));
    expect(await ingest(world)).toMatchObject({ newImages: 1, quarantined: 1 });
    expect(await quarantineOf(world)).toEqual({ 'flowers/@may/manifest.csv': 'manifest_unfit' });
    expect(await planOf(world)).toMatchObject({ objects: 0, chunks: [] });
    await put(world, '@may/manifest.csv', 'file,label\nraw/1.png,rose\nraw/2.png,\nraw/3.png,rose\nraw/3.png,tulip\n');
    expect(await ingest(world)).toMatchObject({ newImages: 1, quarantined: 3 });
    const [latest] = await world.registry.listDatasetVersions(DATASET);
    const { entries } = await readDocument(world.blobs, quarantineSchema, latest?.quarantine ?? '');
    expect(Object.fromEntries(entries.map(({ key, detail }) => [key, detail]))).toEqual({
      'flowers/@may/manifest.csv':
        "rows that can't be used: line 3: it gives raw/2.png no label; line 5: raw/3.png is named on line 4 too, and they disagree: neither counts",
      'flowers/@may/raw/2.png': 'flowers/@may/manifest.csv, line 3: it gives raw/2.png no label',
      'flowers/@may/raw/3.png':
        'flowers/@may/manifest.csv, line 5: raw/3.png is named on line 4 too, and they disagree: neither counts',
    });
    await put(world, '@may/manifest.csv', 'file,label\nraw/1.png,rose\nraw/2.png,tulip\nraw/3.png,rose\n');
    expect(await ingest(world)).toMatchObject({ newImages: 2 });
    expect(await quarantineOf(world)).toEqual({});
  });
});

describe('besideKey', () => {
  const md5 = '0123456789abcdef0123456789abcdef';
  it('keeps folder and extension, and the length of a key', () => {
    expect(besideKey('d/a.b/x.y.png', md5)).toBe('d/a.b/x.y~01234567.png');
    expect(besideKey('d/a/x', md5)).toBe('d/a/x~01234567');
    expect(besideKey('d/a/.png', md5)).toBe('d/a/.png~01234567');
    expect(besideKey(`d/a/${'é'.repeat(508)}.jpg`, md5)).toBe(`d/a/${md5}`);
  });
});

import { describe, expect, it } from '@jest/globals';
import { datasetRootSchema, digestOfText, type ManifestImage } from '@graft/contracts';
import { readDatasetVersion, writeDatasetVersion } from './dataset-version.js';
import { diffVersions } from './diff-versions.js';
import { extendLandingLog, isUnseen, readLandingLog } from './landing-log.js';
import { mergeLanding } from '../merge/merge-landing.js';
import { landedImage } from '../spec-support/landed.js';
import { createMemoryBlobs } from '../spec-support/memory-blobs.js';

const dataset = 'insects';
const policy = { testShare: 0.2, valShare: 0.1 };
const landed = (count: number, prefix = 'image') =>
  Array.from({ length: count }, (_, i) =>
    landedImage(`${prefix}-${i}`, { label: i % 3 === 0 ? 'bee' : 'ant', source: i % 2 === 0 ? 'field' : 'lab' }),
  );

describe('writeDatasetVersion', () => {
  const merged = mergeLanding({ dataset, parent: null, landed: landed(2000), policy });

  it('keeps what readDatasetVersion gives back, with counts that add up', async () => {
    const blobs = createMemoryBlobs();
    const { id, root } = await writeDatasetVersion(blobs, { dataset, ...merged });
    expect(datasetRootSchema.parse(root)).toEqual(root);
    expect(await readDatasetVersion(blobs, id)).toEqual({ root, images: merged.images });
    expect(root).toMatchObject({ images: 2000, bySource: { field: 1000, lab: 1000 }, labels: ['ant', 'bee'] });
    const counts = Object.values(root.byLabel).flatMap(({ train, val, test }) => [train, val, test]);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(2000);
  });
  it('gives the same id for the same images in another order', async () => {
    const blobs = createMemoryBlobs();
    const { id } = await writeDatasetVersion(blobs, { dataset, ...merged });
    const images = [...merged.images].reverse();
    expect((await writeDatasetVersion(blobs, { dataset, labels: merged.labels, images })).id).toBe(id);
  });
  it('writes no more shards than there are new images, and the root', async () => {
    const blobs = createMemoryBlobs();
    const first = await writeDatasetVersion(blobs, { dataset, ...merged });
    const grown = mergeLanding({
      dataset,
      parent: { root: first.root, images: merged.images },
      landed: landed(20, 'later'),
      policy,
    });
    blobs.puts.length = 0;
    const second = await writeDatasetVersion(blobs, {
      dataset,
      ...grown,
      parent: { root: first.root, images: merged.images },
    });
    expect(blobs.puts.length).toBeLessThanOrEqual(21);
    expect((await readDatasetVersion(blobs, second.id)).images).toHaveLength(2020);
  });
  it('is few documents while it is small, and one digit more names them as it grows', async () => {
    const blobs = createMemoryBlobs();
    const [image] = merged.images;
    const shardsOf = async (count: number): Promise<string[]> => {
      const images = Array.from({ length: count }, (_, at) => ({
        ...(image as ManifestImage),
        sha256: digestOfText(String(at)),
      }));
      const { id, root } = await writeDatasetVersion(blobs, { dataset, labels: merged.labels, images });
      expect((await readDatasetVersion(blobs, id)).images).toHaveLength(count);
      return root.shards.map(({ prefix }) => prefix);
    };
    expect(await shardsOf(1)).toHaveLength(1);
    expect(await shardsOf(1024)).toEqual([...'0123456789abcdef']);
    const larger = await shardsOf(1025);
    expect(larger.length).toBeGreaterThan(200);
    expect(larger.every((prefix) => prefix.length === 2)).toBe(true);
  });
  it('is the same version, whether its parent was at hand or not', async () => {
    const blobs = createMemoryBlobs();
    const first = await writeDatasetVersion(blobs, { dataset, ...merged });
    const parent = { root: first.root, images: merged.images };
    const grown = mergeLanding({ dataset, parent, landed: landed(20, 'later'), policy });
    const changed = grown.images.map((image, at) => (at === 7 ? { ...image, label: merged.labels[1] ?? '' } : image));
    const alone = await writeDatasetVersion(blobs, { dataset, labels: grown.labels, images: changed });
    expect(await writeDatasetVersion(blobs, { dataset, labels: grown.labels, images: changed, parent })).toEqual(alone);
  });
  it('refuses what is no dataset version', async () => {
    const blobs = createMemoryBlobs();
    const { root } = await writeDatasetVersion(blobs, { dataset, ...merged });
    await expect(readDatasetVersion(blobs, 'f'.repeat(64))).rejects.toMatchObject({ code: 'not_found' });
    await expect(readDatasetVersion(blobs, root.shards[0]?.digest ?? '')).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
  it('keeps a version without images', async () => {
    const blobs = createMemoryBlobs();
    const { id } = await writeDatasetVersion(blobs, { dataset, labels: [], images: [] });
    expect(await readDatasetVersion(blobs, id)).toMatchObject({ root: { images: 0 }, images: [] });
  });
});

describe('diffVersions', () => {
  const version = (names: string[], labels: string[]) => ({
    root: { labels },
    images: mergeLanding({ dataset, parent: null, landed: names.map((name) => landedImage(name)), policy }).images,
  });
  it('tells what came, what went and which labels are new', () => {
    const before = version(['a', 'b'], ['ant']);
    const grown = version(['b', 'c'], ['ant', 'bee']);
    const after = { ...grown, images: grown.images.map((each, at) => (at === 0 ? { ...each, label: 'bee' } : each)) };
    const diff = diffVersions(before, after);
    expect(diff.added.map(({ key }) => key)).toEqual(['insects/ant/c.jpg']);
    expect(diff.removed.map(({ key }) => key)).toEqual(['insects/ant/a.jpg']);
    expect(diff.newLabels).toEqual(['bee']);
    expect(diffVersions(null, before)).toMatchObject({ added: before.images, removed: [], newLabels: ['ant'] });
  });
  it('counts a label that has no image among none', () => {
    const diff = diffVersions(version(['a'], ['ant']), version(['a'], ['ant', 'bee']));
    expect([diff.newLabels, diff.retiredLabels]).toEqual([[], []]);
  });
});

describe('the landing log', () => {
  const objects = Array.from({ length: 1000 }, (_, i) => ({ key: `insects/ant/${i}.jpg`, etag: `e${i}` }));

  it('remembers what was looked at, by key and etag', async () => {
    const blobs = createMemoryBlobs();
    const empty = await readLandingLog(blobs, null);
    expect(isUnseen(empty, objects[0] ?? { key: '', etag: '' })).toBe(true);
    const { digest } = await extendLandingLog(blobs, { dataset, log: empty, looked: objects });
    const log = await readLandingLog(blobs, digest);
    expect(log.root?.objects).toBe(1000);
    expect(objects.filter((object) => isUnseen(log, object))).toEqual([]);
    expect(isUnseen(log, { key: 'insects/ant/1.jpg', etag: 'changed' })).toBe(true);
    expect(isUnseen(log, { key: 'insects/ant/new.jpg', etag: 'e' })).toBe(true);
  });
  it('writes only the shards that change, and the same digest for the same objects', async () => {
    const blobs = createMemoryBlobs();
    const { digest } = await extendLandingLog(blobs, {
      dataset,
      log: await readLandingLog(blobs, null),
      looked: objects,
    });
    const log = await readLandingLog(blobs, digest);
    blobs.puts.length = 0;
    expect(await extendLandingLog(blobs, { dataset, log, looked: objects })).toEqual({ digest, log });
    expect(blobs.puts).toEqual([digest]);
    blobs.puts.length = 0;
    await extendLandingLog(blobs, { dataset, log, looked: [{ key: 'insects/bee/1.jpg', etag: 'e' }] });
    expect(blobs.puts).toHaveLength(2);
  });
});

import { digestOfText, type Digest, type ManifestImage } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { landedImage } from '../spec-support/landed.js';
import { createMemoryBlobs } from '../spec-support/memory-blobs.js';
import { compareVersions, listChangedImages } from './compare-versions.js';
import { writeDatasetVersion } from './dataset-version.js';
import { diffByLabel } from './diff-by-label.js';
import { diffVersions } from './diff-versions.js';
import { joinLeftOut } from './left-out.js';
import { listImages } from './list-images.js';

const dataset = 'insects';
const labels = ['ant', 'bee', 'wasp'];

const image = (name: string, more: Partial<ManifestImage> = {}): ManifestImage => {
  const { etag: _, ...landed } = landedImage(name, { label: 'ant' });
  return { ...landed, split: 'train', ...more };
};
const many = (count: number): ManifestImage[] =>
  Array.from({ length: count }, (_, at) =>
    image(`image-${at}`, {
      label: at % 3 === 0 ? 'bee' : 'ant',
      split: at % 5 === 0 ? 'test' : 'train',
      source: at % 2 === 0 ? 'field' : 'lab',
    }),
  );
const bySha256 = (images: readonly ManifestImage[]): ManifestImage[] =>
  [...images].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));

/** Blobs that count what is read. */
const createCountedBlobs = () => {
  const blobs = createMemoryBlobs();
  const read: Digest[] = [];
  return {
    ...{ blobs, read },
    counted: { ...blobs, get: (digest: Digest) => (read.push(digest), blobs.get(digest)) },
  };
};

describe('listImages', () => {
  const images = many(2000);

  it('tells in pages what there is, in ascending order', async () => {
    const blobs = createMemoryBlobs();
    const { id } = await writeDatasetVersion(blobs, { dataset, labels, images });
    const told: ManifestImage[] = [];
    for (let after: Digest | null = null; ;) {
      const page: ManifestImage[] = await listImages(blobs, id, { after, limit: 300 });
      told.push(...page);
      after = page.at(-1)?.sha256 ?? null;
      if (page.length < 300) break;
    }
    expect(told).toEqual(bySha256(images));
  });

  it('keeps to label, split and source', async () => {
    const blobs = createMemoryBlobs();
    const { id } = await writeDatasetVersion(blobs, { dataset, labels, images });
    const filter = { label: 'bee', split: 'test', source: 'lab' } as const;
    const fitting = images.filter(
      ({ label, split, source }) => label === filter.label && split === filter.split && source === filter.source,
    );
    expect(fitting.length).toBeGreaterThan(10);
    expect(await listImages(blobs, id, { limit: 2000, ...filter })).toEqual(bySha256(fitting));
  });

  it('reads no more than it needs', async () => {
    const { blobs, read, counted } = createCountedBlobs();
    const { id, root } = await writeDatasetVersion(blobs, { dataset, labels, images });
    expect(root.shards.length).toBeGreaterThan(200);
    await listImages(counted, id, { limit: 5 });
    expect(read.length).toBeLessThan(20);
    read.length = 0;
    expect(await listImages(counted, id, { limit: 5, label: 'wasp' })).toEqual([]);
    expect(await listImages(counted, id, { limit: 5, label: 'moth' })).toEqual([]);
    expect(await listImages(counted, id, { limit: 5, source: 'elsewhere' })).toEqual([]);
    expect(read).toEqual([id, id, id]);
  });
});

describe('compareVersions', () => {
  const images = many(2000);
  const changed = [
    ...images.slice(3).map((each, at) => {
      if (at === 7) return { ...each, label: 'wasp' };
      return at === 9 ? { ...each, label: 'wasp', split: 'val' as const } : each;
    }),
    image('later'),
  ];

  it('tells what a comparison of all images tells, and reads what differs alone', async () => {
    const { blobs, read, counted } = createCountedBlobs();
    const before = await writeDatasetVersion(blobs, { dataset, labels, images });
    const after = await writeDatasetVersion(blobs, { dataset, labels, images: changed });
    const whole = diffVersions({ root: before.root, images }, { root: after.root, images: bySha256(changed) });
    const { added, removed, relabelled, moved, ...ofLabels } = whole;
    expect(await compareVersions(counted, before.id, after.id)).toEqual({
      ...{ from: before.id, to: after.id, added: 1, removed: 3, relabelled: 2, moved: 1, ...ofLabels },
      labels: diffByLabel(whole, { before: labels, after: labels }),
    });
    expect([added, removed, relabelled, moved].map(({ length }) => length)).toEqual([1, 3, 2, 1]);
    expect(ofLabels.newLabels).toEqual([]);
    // Two roots, and each shard that one of six images lies in, before and after.
    expect(read.length).toBeLessThanOrEqual(14);
  });

  it('tells the same where shards are named by more digits than before', async () => {
    const blobs = createMemoryBlobs();
    const small = await writeDatasetVersion(blobs, { dataset, labels, images: images.slice(0, 500) });
    const large = await writeDatasetVersion(blobs, { dataset, labels, images });
    expect(await compareVersions(blobs, small.id, large.id)).toMatchObject({ added: 1500, removed: 0, relabelled: 0 });
    expect(await compareVersions(blobs, large.id, small.id)).toMatchObject({ added: 0, removed: 1500 });
    expect(await compareVersions(blobs, large.id, large.id)).toMatchObject({ added: 0, removed: 0, labels: [] });
  });

  it('knows a label that got another name, and one that lost its images', async () => {
    const blobs = createMemoryBlobs();
    const few = images.slice(0, 50);
    const before = await writeDatasetVersion(blobs, { dataset, labels: ['ant', 'bee'], images: few });
    const after = await writeDatasetVersion(blobs, {
      ...{ dataset, labels: ['formica', 'bee', 'wasp'], renamed: { ant: 'formica' } },
      images: few.map((each) => ({ ...each, label: each.label === 'bee' ? 'wasp' : 'formica' })),
    });
    expect(await compareVersions(blobs, before.id, after.id)).toMatchObject({
      ...{ newLabels: ['wasp'], retiredLabels: ['bee'], renamedLabels: [{ from: 'ant', to: 'formica' }] },
      ...{ added: 0, removed: 0, relabelled: few.filter(({ label }) => label === 'bee').length },
    });
  });

  it('refuses versions of two datasets', async () => {
    const blobs = createMemoryBlobs();
    const one = await writeDatasetVersion(blobs, { dataset, labels, images });
    const other = await writeDatasetVersion(blobs, { dataset: 'birds', labels, images });
    await expect(compareVersions(blobs, one.id, other.id)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/insects.*birds/),
    });
    await expect(compareVersions(blobs, one.id, digestOfText('none'))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lists images page by page, each once with all that changed of it', async () => {
    const blobs = createMemoryBlobs();
    const before = await writeDatasetVersion(blobs, { dataset, labels, images });
    const after = await writeDatasetVersion(blobs, { dataset, labels, images: changed });
    const ids = { from: before.id, to: after.id };
    const all = await listChangedImages(blobs, ids, { limit: 100 });
    expect(all).toHaveLength(6);
    expect(all.map(({ changes }) => changes.join('+')).sort()).toEqual([
      ...['added', 'relabelled', 'relabelled+moved', 'removed', 'removed', 'removed'],
    ]);
    const first = await listChangedImages(blobs, ids, { limit: 4 });
    const rest = await listChangedImages(blobs, ids, { limit: 4, after: first.at(-1)?.sha256 ?? null });
    expect([...first, ...rest]).toEqual(all);
    expect(await listChangedImages(blobs, ids, { limit: 9, change: 'moved' })).toHaveLength(1);
    expect(await listChangedImages(blobs, ids, { limit: 9, label: 'wasp' })).toHaveLength(2);
  });
});

describe('joinLeftOut', () => {
  const entry = (key: string, detail = '') => ({
    ...{ key, detail, etag: 'e', sha256: null, reason: 'empty_file' as const },
  });

  it('has the latest of each key, and counts what no version has', () => {
    const { all, since } = joinLeftOut([entry('b', 'old'), entry('a')], [entry('b', 'new'), entry('c')]);
    expect(all.map(({ key, detail }) => key + detail)).toEqual(['a', 'bnew', 'c']);
    expect(since).toBe(1);
  });
});

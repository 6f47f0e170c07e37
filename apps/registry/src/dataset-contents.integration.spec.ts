/** What dataset versions hold, as people see it who have no key to the object store. */
import { createContentStore, createMemoryStore, writeDocument, writeLandingTail } from '@graft/artifacts';
import {
  digestOfText,
  quarantineSchema,
  type DatasetVersion,
  type Digest,
  type ManifestImage,
  type QuarantineEntry,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data/versions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { datasetVersion } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const objects = createMemoryStore();
const blobs = createContentStore(objects);
const dataset = 'insects';
const labels = ['ants', 'bees'];
let registry: TestRegistry;

const image = (at: number, more: Partial<ManifestImage> = {}): ManifestImage => ({
  ...{ sha256: digestOfText(`image ${at}`), pixelSha256: digestOfText(`pixels ${at}`) },
  ...{ perceptualHash: '0123456789abcdef', width: 40, height: 10, sizeBytes: 100, group: null },
  ...{ label: at % 3 === 0 ? 'bees' : 'ants', split: at % 4 === 0 ? 'test' : 'train' },
  ...{ source: at % 2 === 0 ? 'field' : 'lab', key: `${dataset}/x/${at}.png` },
  quality: { brightness: at / 1000, contrast: 0.2, sharpness: 0.01 },
  ...more,
});
const entry = (name: string, more: Partial<QuarantineEntry> = {}): QuarantineEntry => ({
  ...{ key: `${dataset}/ants/${name}`, etag: 'e', sha256: null, reason: 'not_an_image', detail: `${name} is a text` },
  ...more,
});

const register = async (
  number: number,
  images: readonly ManifestImage[],
  parent: Digest | null,
  entries: readonly QuarantineEntry[] = [],
): Promise<DatasetVersion> => {
  const { id, root } = await writeDatasetVersion(blobs, { dataset, labels, images });
  const quarantine = await writeDocument(blobs, quarantineSchema, {
    ...{ schemaVersion: 'quarantine.v1', dataset, entries: [...entries] },
  });
  return registry.as('service').createDatasetVersion({
    ...datasetVersion(dataset, number, parent),
    ...{ id, labels, images: images.length, bySplit: root.bySplit, bySource: root.bySource },
    ...{ quarantine, quarantined: entries.length },
  });
};

const images = Array.from({ length: 100 }, (_, at) => image(at));
let first: DatasetVersion;
let second: DatasetVersion;

beforeAll(async () => {
  registry = await startTestRegistry({ artifacts: objects });
  await registry.as('admin').putDataset(dataset, {});
  first = await register(1, images, null);
  second = await register(
    2,
    [...images.slice(1).map((each, at) => (at === 4 ? { ...each, label: 'bees' } : each)), image(200)],
    first.id,
    [entry('1.txt'), entry('2.txt'), entry('3.txt', { reason: 'too_small' })],
  );
});
afterAll(() => registry.stop());

describe('images of a version', () => {
  it('come in pages, by sha256', async () => {
    const viewer = registry.as('viewer');
    const told: ManifestImage[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await viewer.listDatasetImages(first.id, { limit: 30, cursor });
      expect(page.items.length).toBeLessThanOrEqual(30);
      told.push(...page.items);
      cursor = page.next;
    }
    expect(told).toEqual([...images].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)));
  });

  it('are of a label, a split, a source', async () => {
    const { items, next } = await registry
      .as('viewer')
      .listDatasetImages(first.id, { label: 'bees', split: 'test', source: 'field' });
    expect(next).toBeNull();
    expect(items.map(({ sha256 }) => sha256).sort()).toEqual(
      [0, 12, 24, 36, 48, 60, 72, 84, 96].map((at) => digestOfText(`image ${at}`)).sort(),
    );
  });

  it('are not found of a version that there is none of, and a cursor keeps to its filters', async () => {
    const viewer = registry.as('viewer');
    const nothing = viewer.listDatasetImages(digestOfText('none'));
    await expect(nothing).rejects.toMatchObject({ code: 'not_found' });
    const { next } = await viewer.listDatasetImages(first.id, { limit: 1 });
    await expect(
      viewer.listDatasetImages(first.id, { limit: 1, cursor: next ?? '', label: 'ants' }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

it('a card tells what the images are like', async () => {
  expect(await registry.as('viewer').getDatasetCard(second.id)).toMatchObject({
    ...{ images: 100, bytes: 10_000, retired: [], relabelledByHand: 0 },
    quarantine: { not_an_image: 2, too_small: 1 },
    side: { images: 100, median: 20 },
    labels: [expect.objectContaining({ label: 'ants' }), expect.objectContaining({ label: 'bees' })],
  });
});

describe('what changed', () => {
  it('is told label by label, and image by image', async () => {
    const viewer = registry.as('viewer');
    expect(await viewer.getDatasetDiff(first.id, second.id)).toMatchObject({
      ...{ from: first.id, to: second.id, added: 1, removed: 1, relabelled: 1, moved: 0 },
      labels: [
        { label: 'ants', added: 1, removed: 0, relabelledTo: 0, relabelledFrom: 1 },
        { label: 'bees', added: 0, removed: 1, relabelledTo: 1, relabelledFrom: 0 },
      ],
    });
    const one = await viewer.listChangedImages(first.id, second.id, { limit: 2 });
    const two = await viewer.listChangedImages(first.id, second.id, { limit: 2, cursor: one.next ?? '' });
    expect([...one.items, ...two.items].flatMap(({ changes }) => changes).sort()).toEqual([
      ...['added', 'relabelled', 'removed'],
    ]);
    const { items } = await viewer.listChangedImages(first.id, second.id, { change: 'relabelled' });
    expect(items).toMatchObject([{ before: { label: 'ants' }, after: { label: 'bees', sha256: images[5]?.sha256 } }]);
  });
});

describe('the quarantine', () => {
  it('of a version is told by key and by reason', async () => {
    const viewer = registry.as('viewer');
    const page = await viewer.listVersionQuarantine(second.id, { limit: 2 });
    expect(page.items.map(({ key }) => key)).toEqual([`${dataset}/ants/1.txt`, `${dataset}/ants/2.txt`]);
    const rest = await viewer.listVersionQuarantine(second.id, { limit: 2, cursor: page.next ?? '' });
    expect(rest).toEqual({ items: [entry('3.txt', { reason: 'too_small' })], next: null });
    expect((await viewer.listVersionQuarantine(second.id, { reason: 'too_small' })).items).toHaveLength(1);
    expect(await viewer.listVersionQuarantine(first.id)).toEqual({ items: [], next: null });
  });

  it('of a dataset has what no version counts yet', async () => {
    const later = { looked: [], quarantine: [entry('2.txt', { detail: 'still a text' }), entry('4.txt')] };
    await writeLandingTail(objects, { dataset, ...later });
    const { items } = await registry.as('viewer').listQuarantine(dataset);
    expect(items.map(({ key, detail }) => `${key.slice(-5)} ${detail}`)).toEqual([
      ...['1.txt 1.txt is a text', '2.txt still a text', '3.txt 3.txt is a text', '4.txt 4.txt is a text'],
    ]);
    await expect(registry.as('viewer').listQuarantine('birds')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of a dataset without a version has what its landings left out', async () => {
    await registry.as('admin').putDataset('empty', {});
    await writeLandingTail(objects, { dataset: 'empty', looked: [], quarantine: [entry('x')] });
    expect((await registry.as('viewer').listQuarantine('empty')).items).toHaveLength(1);
  });
});

import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createContentStore,
  createMemoryStore,
  writeDocument,
  writeLandingTail,
  type ObjectStore,
} from '@graft/artifacts';
import {
  datasetPolicySchema,
  digestOfBytes,
  quarantineSchema,
  type BlobStore,
  type Correction,
  type CorrectionAction,
  type Dataset,
  type DatasetVersion,
  type ManifestImage,
  type NewCorrection,
} from '@graft/contracts';
import { describeImages, diffByLabel, diffVersions, readDatasetVersion, writeDatasetVersion } from '@graft/data';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toHtml, toMarkdown } from './card/format-card.js';
import { cardSections } from './card/sections.js';
import { checkOutVersion, labelFolders, pathOf, toManifest } from './checkout.js';
import { readLeftOut, type DataContext } from './dataset-state.js';
import { describeVersion } from './describe-version.js';
import { chooseDismissed } from './dismissed-keys.js';
import { safeFileName, safeName } from './safe-name.js';
import { describeEffect, sendCorrections } from './send-corrections.js';
import { tellPolicy } from './tell-policy.js';

const DATASET = 'insects';
const NOW = '2026-01-01T00:00:00.000Z';

const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(`bytes of ${name}`);

const image = (name: string, given: Partial<ManifestImage> = {}): ManifestImage => ({
  sha256: digestOfBytes(bytesOf(name)),
  pixelSha256: digestOfBytes(new TextEncoder().encode(`pixels of ${name}`)),
  perceptualHash: '0'.repeat(16),
  label: 'ant',
  group: null,
  split: 'train',
  source: 'field',
  key: `${DATASET}/ant/${name}.jpg`,
  width: 40,
  height: 10,
  sizeBytes: 9,
  ...given,
});

const IMAGES = [
  image('a'),
  image('b', { label: 'bee', split: 'test' }),
  image('c', { label: 'bee', group: 'nest "7", left' }),
];

/** One dataset with one version, as the registry and the stores would give it. */
const createContext = async (images: readonly ManifestImage[] = IMAGES) => {
  const objects: ObjectStore = createMemoryStore();
  const blobs: BlobStore = createContentStore(objects);
  for (const name of ['a', 'b', 'c']) await blobs.put(bytesOf(name));
  const { id, root } = await writeDatasetVersion(blobs, { dataset: DATASET, labels: ['ant', 'bee'], images });
  const quarantine = await writeDocument(blobs, quarantineSchema, {
    schemaVersion: 'quarantine.v1',
    dataset: DATASET,
    entries: [
      { key: `${DATASET}/ant/broken.jpg`, etag: 'e', sha256: null, reason: 'broken_image', detail: 'cut short' },
    ],
  });
  const version: DatasetVersion = {
    ...{ id, dataset: DATASET, number: 1, parent: null, labels: root.labels, images: 3, newImages: 3 },
    ...{ bySplit: root.bySplit, bySource: root.bySource, quarantine, quarantined: 1, landingLog: null, corrections: 0 },
    ...{ takenOut: null, removed: 0, removedFromTest: 0, relabelled: 0, leaks: 0, ingestSeconds: 1, createdAt: NOW },
  };
  const sent: NewCorrection[] = [];
  const known: Correction[] = [];
  const dataset = {
    ...{ name: DATASET, createdAt: NOW, latestVersion: id, paused: null, lookAskedAt: null },
    get corrections() {
      return known.length;
    },
  } as unknown as Dataset;
  const registry = {
    getDataset: async () => ({ ...dataset, corrections: known.length }),
    getDatasetVersion: async () => version,
    listDatasetVersions: async () => [version],
    listCorrections: async (_: string, { after = 0 } = {}) => known.filter(({ number }) => number > after),
    createCorrection: async (_: string, correction: NewCorrection) => {
      sent.push(correction);
      const made = { ...correction, dataset: DATASET, number: known.length + 1, by: 'tester', at: NOW };
      known.push(made);
      return made;
    },
  };
  const context = { registry, blobs, artifacts: objects } as unknown as DataContext;
  return { context, blobs, objects, version, root, images, sent };
};

/** The registry's answer about a dataset, of one that somebody has paused. */
const pausedBy =
  (getDataset: DataContext['registry']['getDataset']): DataContext['registry']['getDataset'] =>
  async (name) => ({ ...(await getDataset(name)), paused: { by: 'ada', at: NOW } });

describe('sending corrections', () => {
  it('tells what will change before it sends, and sends it', async () => {
    const { context, sent } = await createContext();
    const told: string[] = [];
    const { corrections, effect } = await sendCorrections(
      context,
      {
        dataset: DATASET,
        reason: 'looked at',
        actions: [
          { action: 'relabel', images: [`${DATASET}/ant/a.jpg`], label: 'bee' },
          { action: 'remove', images: [IMAGES[1]?.sha256 ?? ''] },
          { action: 'dismiss', keys: [`${DATASET}/ant/broken.jpg`] },
        ],
      },
      (each) => told.push(describeEffect(each)),
    );
    expect(told).toEqual(['1 image taken out, 1 image relabelled, 1 entry of the quarantine settled']);
    expect(effect).toMatchObject({ removed: 1, relabelled: 1, settled: 1, returned: 0 });
    expect(corrections.map(({ number }) => number)).toEqual([1]);
    expect(sent).toHaveLength(1);
  });
  it('sends nothing where a part names what is not there, and says which', async () => {
    const { context, sent } = await createContext();
    const actions = [
      { action: 'remove' as const, images: [`${DATASET}/ant/a.jpg`, `${DATASET}/ant/none.jpg`] },
      { action: 'relabel' as const, images: [`${DATASET}/ant/broken.jpg`], label: 'ant' },
    ];
    const sending = sendCorrections(context, { dataset: DATASET, reason: 'r', actions });
    await expect(sending).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(
        /2 parts.*version 1:\nremove insects\/ant\/none.jpg: no such image.*\nrelabel .*broken_image/s,
      ),
    });
    expect(sent).toEqual([]);
  });
  it('says which labels are new, and which one may have been meant', async () => {
    const { context } = await createContext();
    const relabel = (label: string, name: string) => ({
      ...{ action: 'relabel' as const, label, images: [`${DATASET}/ant/${name}.jpg`] },
    });
    const actions = [
      relabel('beee', 'a'),
      relabel('butterfly', 'b'),
      { action: 'rename' as const, from: 'ant', to: 'formica' },
    ];
    const { effect } = await sendCorrections(context, { dataset: DATASET, reason: 'r', actions });
    expect(effect.newLabels).toEqual([
      { label: 'beee', nearest: 'bee' },
      { label: 'butterfly', nearest: null },
    ]);
    expect(describeEffect(effect)).toContain('"beee" is a new label (is "bee" meant?), "butterfly" is a new label');
  });
  it('sends labels in their normal form', async () => {
    const { context, sent } = await createContext();
    const images = [`${DATASET}/ant/a.jpg`];
    const actions: CorrectionAction[] = [{ action: 'relabel', images, label: ' wild  wasps\u200b' }];
    const { effect } = await sendCorrections(context, { dataset: DATASET, reason: 'r', actions });
    expect(effect.newLabels).toMatchObject([{ label: 'wild wasps' }]);
    expect(sent).toMatchObject([{ actions: [{ label: 'wild wasps' }] }]);
  });
  it('checks everything before it tells of an effect', async () => {
    const { context, sent } = await createContext();
    const told: unknown[] = [];
    const send = (actions: CorrectionAction[]) =>
      sendCorrections(context, { dataset: DATASET, reason: 'r', actions }, (effect) => told.push(effect));
    await expect(send([{ action: 'relabel', images: [`${DATASET}/ant/a.jpg`], label: 'BEE' }])).rejects.toMatchObject({
      ...{ code: 'refused', message: expect.stringContaining('"BEE" differs from "bee"') },
    });
    await expect(send([{ action: 'rename', from: 'ant', to: 'Bee' }])).rejects.toMatchObject({ code: 'refused' });
    await expect(send([{ action: 'rename', from: 'ant', to: '@a' }])).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(send([{ action: 'rename', from: 'wasps', to: 'x' }])).rejects.toMatchObject({ code: 'not_found' });
    await expect(send([{ action: 'revert', version: 99 }])).rejects.toMatchObject({ code: 'not_found' });
    expect([told, sent]).toEqual([[], []]);
  });
  it('tells what has nothing to do from what is not there, and counts an image once', async () => {
    const { context } = await createContext();
    const send = (...actions: CorrectionAction[]) =>
      sendCorrections(context, { dataset: DATASET, reason: 'r', actions });
    const key = `${DATASET}/ant/a.jpg`;
    await expect(send({ action: 'restore', images: [key] })).rejects.toMatchObject({ code: 'refused' });
    await expect(send({ action: 'restore', images: ['none'] })).rejects.toMatchObject({ code: 'not_found' });
    const { effect, isPaused } = await send({ action: 'remove', images: [key, key] });
    expect([effect.removed, isPaused]).toEqual([1, false]);
    context.registry.getDataset = pausedBy(context.registry.getDataset);
    expect((await send({ action: 'restore', images: [key] })).isPaused).toBe(true);
  });
  it('sends nothing that would change nothing, and tells of no effect', async () => {
    const { context, sent } = await createContext();
    const told: unknown[] = [];
    const send = (...actions: CorrectionAction[]) =>
      sendCorrections(context, { dataset: DATASET, reason: 'r', actions }, (effect) => told.push(effect));
    const relabel = (label: string): CorrectionAction => ({
      ...{ action: 'relabel', label, images: [`${DATASET}/ant/a.jpg`] },
    });
    const nothing = { code: 'refused', message: expect.stringMatching(/^nothing was sent: .*version 1, is as .*/) };
    await expect(send(relabel('ant'))).rejects.toMatchObject(nothing);
    await expect(send(relabel('bee'), relabel('ant'))).rejects.toMatchObject(nothing);
    expect([told, sent]).toEqual([[], []]);
    await send(relabel('bee'));
    // As it will be, and as it was before the correction that waits.
    await expect(send(relabel('bee'))).rejects.toMatchObject(nothing);
    await send(relabel('ant'));
    expect(sent).toHaveLength(2);
  });
  it('dismisses what is named and what leaks, once; no leak is nothing to do, and naming nothing is a slip', () => {
    const leak = { key: 'k', reason: 'leaks_into_test' as const };
    const choose = (quarantine: (typeof leak)[], named: string[], allLeaks: boolean) =>
      chooseDismissed({ dataset: DATASET, quarantine, named, allLeaks });
    expect(choose([leak], ['k', 'x'], true)).toEqual(['k', 'x']);
    expect(() => choose([], [], true)).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(() => choose([leak], [], false)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
  it('sees corrections that wait, and entries that no version has yet', async () => {
    const { context, objects } = await createContext();
    await writeLandingTail(objects, {
      dataset: DATASET,
      looked: [],
      quarantine: [
        { key: `${DATASET}/ant/late.jpg`, etag: 'e', sha256: null, reason: 'empty_file', detail: 'no bytes' },
      ],
    });
    const remove = { action: 'remove' as const, images: [`${DATASET}/ant/a.jpg`] };
    await sendCorrections(context, { dataset: DATASET, reason: 'r', actions: [remove] });
    await expect(sendCorrections(context, { dataset: DATASET, reason: 'r', actions: [remove] })).rejects.toMatchObject({
      message: expect.stringContaining('a correction has taken it out already'),
    });
    const dismiss = { action: 'dismiss' as const, keys: [`${DATASET}/ant/late.jpg`] };
    expect((await sendCorrections(context, { dataset: DATASET, reason: 'r', actions: [dismiss] })).effect.settled).toBe(
      1,
    );
  });
});

describe('what was left out', () => {
  it('is one entry a key, and says how many the version does not count', async () => {
    const { context, objects, version } = await createContext();
    expect(await readLeftOut(context, DATASET, version)).toMatchObject({ all: [{ detail: 'cut short' }], since: 0 });
    const entry = { etag: 'e2', sha256: null, reason: 'empty_file' as const, detail: 'no bytes' };
    await writeLandingTail(objects, {
      ...{ dataset: DATASET, looked: [] },
      quarantine: ['broken', 'late'].map((name) => ({ key: `${DATASET}/ant/${name}.jpg`, ...entry })),
    });
    const { all, since } = await readLeftOut(context, DATASET, version);
    expect(all.map(({ key, detail }) => [key, detail])).toEqual([
      [`${DATASET}/ant/broken.jpg`, 'no bytes'],
      [`${DATASET}/ant/late.jpg`, 'no bytes'],
    ]);
    expect(since).toBe(1);
    expect(await readLeftOut(context, DATASET, null)).toMatchObject({ since: 2 });
  });
});

describe('checking a version out', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'graft-checkout-'));
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  const checkOut = async (into: string, world: Awaited<ReturnType<typeof createContext>>) =>
    checkOutVersion({
      ...{ blobs: world.blobs, dataset: DATASET, version: world.version.id, labels: world.root.labels },
      ...{ images: world.images, directory: join(directory, into) },
    });

  it('writes every image verified, goes on where it was, and mends what differs', async () => {
    const world = await createContext();
    expect(await checkOut('whole', world)).toEqual({ written: 3, verified: 0, erased: [] });
    const folders = labelFolders(world.root.labels);
    const [a, b] = IMAGES.map((each) => join(directory, 'whole', pathOf(each, folders)));
    expect(new Uint8Array(await readFile(a ?? ''))).toEqual(bytesOf('a'));
    await truncate(a ?? '', 3);
    await rm(b ?? '');
    expect(await checkOut('whole', world)).toEqual({ written: 2, verified: 1, erased: [] });
    expect(await checkOut('whole', world)).toEqual({ written: 0, verified: 3, erased: [] });
  });
  it('writes a manifest that names every file with label, group and split', () => {
    const manifest = toManifest(IMAGES, labelFolders(['ant', 'bee']));
    const [head, first, , third] = manifest.split('\n');
    expect(head).toBe('file,label,group,split,source');
    expect(first).toBe(`train/ant/a-${IMAGES[0]?.sha256.slice(0, 12)}.jpg,ant,,train,field`);
    expect(third).toContain('.jpg,bee,"nest ""7"", left",train,field');
  });
  it('refuses a folder that holds something else', async () => {
    const world = await createContext();
    await checkOut('other', world);
    const another = await createContext(IMAGES.slice(0, 2));
    await expect(checkOut('other', another)).rejects.toMatchObject({ code: 'refused' });
    const foreign = await mkdtemp(join(directory, 'foreign-'));
    await writeFile(join(foreign, 'thesis.txt'), 'years of work');
    await expect(
      checkOutVersion({ ...world, dataset: DATASET, version: world.version.id, labels: [], directory: foreign }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('is not empty'),
    });
    expect(await readdir(foreign)).toEqual(['thesis.txt']);
    await expect(
      checkOutVersion({
        ...world,
        dataset: DATASET,
        version: world.version.id,
        labels: [],
        directory: join(foreign, 'thesis.txt'),
      }),
    ).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('thesis.txt is a file') });
  });
  it('writes nothing outside, whatever keys and labels say', async () => {
    const hostile = [
      image('a', { key: 'insects/ant/../../../../etc/passwd', label: '...' }),
      image('b', { key: `insects/ant/${'ö'.repeat(400)}\u202egpj.exe`, label: 'C:\\x' }),
      image('c', { key: 'insects/ant/-rf.jpg', label: 'c:_x' }),
    ];
    const folders = labelFolders(['...', 'C:\\x', 'c:_x']);
    expect(new Set([...folders.values()].map((folder) => folder.toLowerCase())).size).toBe(3);
    for (const each of hostile) {
      const path = pathOf(each, folders);
      expect(path).toMatch(/^train\/[^/]+\/[^/]+$/);
      expect(path).not.toMatch(/\.\.|\\|:|\u202e/);
      for (const part of path.split('/')) expect(Buffer.byteLength(part)).toBeLessThan(256);
    }
    expect([safeName('.'), safeName('con trol'), safeName('-x'), safeName('')]).toEqual(['_', 'con trol', '_x', '_']);
    expect(safeFileName('a/日本語.png', 'f'.repeat(64))).toBe('日本語-ffffffffffff');
  });
});

describe('describing', () => {
  it('a policy names its minimums', () => {
    const policy = datasetPolicySchema.parse({ minNewImages: 50, minPerLabel: 10 });
    expect(tellPolicy({ name: DATASET, policy })).toBe(
      'dataset insects: a version is made after 10 quiet seconds, 900 at most, of 50 new images and 10 images a label at least',
    );
  });
  it('a version says which labels are new, renamed and retired, and what was left out', async () => {
    const { version, blobs } = await createContext();
    const before = await readDatasetVersion(blobs, version.id);
    const { root, id } = await writeDatasetVersion(blobs, {
      dataset: DATASET,
      labels: ['formica', 'bee', 'wasp'],
      images: IMAGES.map((each) => ({ ...each, label: each.label === 'ant' ? 'formica' : 'wasp' })),
      renamed: { ant: 'formica' },
      corrections: 1,
    });
    const after = await readDatasetVersion(blobs, id);
    const diff = diffVersions(before, after);
    expect(diffByLabel(diff, { before: before.root.labels, after: root.labels })).toEqual([
      { label: 'bee', added: 0, removed: 0, relabelledTo: 0, relabelledFrom: 2 },
      { label: 'wasp', added: 0, removed: 0, relabelledTo: 2, relabelledFrom: 0 },
    ]);
    const described = describeVersion({
      ...{
        version,
        root,
        images: after.images,
        diff,
        corrections: [],
        waitingCorrections: 2,
        quarantine: [],
        leftOutSince: 0,
        takenOut: [],
      },
    });
    expect(described.labels.map(({ label, state, formerly }) => [label, state, formerly])).toEqual([
      ['formica', 'renamed', ['ant']],
      ['bee', 'retired', []],
      ['wasp', 'new', []],
    ]);
    expect(described).toMatchObject({ since: { added: 0, relabelled: 2 }, waitingCorrections: 2 });
  });
  it('a card shows hostile names as they are, in Markdown and in HTML', async () => {
    const { version, root } = await createContext();
    const label = '<script>alert(1)</script>|*';
    const card = describeImages({
      root: { ...root, labels: [label], byLabel: { [label]: { train: 1, val: 0, test: 0 } } },
      images: [image('a', { label, quality: { brightness: 0.5, contrast: 0.1, sharpness: 3 } })],
      quarantine: [],
    });
    const sections = cardSections(version, card);
    const html = toHtml(sections, { sheet: Buffer.from('png'), brightness: card.brightnessHistogram });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(toMarkdown(sections, 'card.png')).toContain('\\<script\\>alert(1)\\</script\\>\\|\\*');
  });
});

import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { memorySource } from '../spec-support/memory-source.js';
import { landSource, type LandedSource, type LandingImage, type LandingTarget } from './land-source.js';
import type { PlaceOptions } from './place-entries.js';
import type { Source, SourceRefusal } from './source.js';
import { surveySource } from './survey-source.js';

type Landing = LandedSource & { keys: Record<string, LandingImage['metadata']>; reasons: Record<string, string> };

const memoryTarget = (): LandingTarget & { readonly held: Map<string, LandingImage> } => {
  const held = new Map<string, LandingImage>();
  return {
    held,
    put: async (image) => {
      if (held.get(image.key)?.md5 === image.md5) return 'unchanged';
      held.set(image.key, image);
      return 'uploaded';
    },
  };
};

const land = async (
  source: Source,
  { target = memoryTarget(), ...place }: Partial<PlaceOptions> & { target?: ReturnType<typeof memoryTarget> } = {},
): Promise<Landing> => {
  const refused: SourceRefusal[] = [];
  const survey = await surveySource(source);
  const landed = await landSource({
    source,
    survey,
    target,
    place: { dataset: 'd', ...place },
    onRefused: (refusal) => refused.push(refusal),
  });
  expect(landed.refused).toBe(refused.length);
  return {
    ...landed,
    keys: Object.fromEntries([...target.held].map(([key, { metadata }]) => [key, metadata])),
    reasons: Object.fromEntries(refused.map(({ path, reason, detail }) => [path, `${reason}: ${detail}`])),
  };
};
const texts = (...paths: string[]): Source => memorySource(Object.fromEntries(paths.map((path) => [path, path])));
const keysOf = async (...paths: string[]): Promise<string[]> => Object.keys((await land(texts(...paths))).keys).sort();

describe('the layout of a source', () => {
  it('is a folder for each label, or one for each split with labels in it', async () => {
    expect(await keysOf('ants/1.jpg', 'bees/2.jpg', 'train/ants/3.jpg', 'test/bees/4.jpg')).toEqual([
      'd/ants/1.jpg',
      'd/bees/2.jpg',
      'd/test/bees/4.jpg',
      'd/train/ants/3.jpg',
    ]);
  });

  it('may lie in folders of its own', async () => {
    expect(await keysOf('hymenoptera_data/train/ants/1.jpg', 'hymenoptera_data/val/bees/2.jpg')).toEqual([
      'd/train/ants/1.jpg',
      'd/val/bees/2.jpg',
    ]);
    expect(await keysOf('a/b/ants/1.jpg', 'a/b/bees/2.jpg', 'a/README.md', 'a/b/LICENSE')).toEqual([
      'd/ants/1.jpg',
      'd/bees/2.jpg',
    ]);
    expect(await keysOf('train/ants/1.jpg', 'train/bees/2.jpg')).toEqual(['d/train/ants/1.jpg', 'd/train/bees/2.jpg']);
  });

  it('of a single label is no folder around everything', async () => {
    expect(await keysOf('ants/1.jpg', 'ants/2.jpg')).toEqual(['d/ants/1.jpg', 'd/ants/2.jpg']);
    expect(await keysOf('ants/1.jpg', 'ants/2.jpg', 'ants/deep/3.jpg')).toEqual(['d/ants/1.jpg', 'd/ants/2.jpg']);
  });

  it('leaves out what desktops leave behind, and tells of what has no place', async () => {
    const source = texts(
      'ants/1.jpg',
      'ants/.DS_Store',
      '__MACOSX/ants/._1.jpg',
      'bees/Thumbs.db',
      'bees/x/y/2.jpg',
      '3.jpg',
    );
    const { keys, reasons } = await land(source);
    expect(Object.keys(keys)).toEqual(['d/ants/1.jpg']);
    const why = expect.stringMatching(/^unexpected_key: no label can be read from its place/);
    expect(reasons).toEqual({ 'bees/x/y/2.jpg': why, '3.jpg': why });
  });

  it('tells of labels that hold nothing', async () => {
    const source = memorySource({
      'x/': '',
      'x/ants/': '',
      'x/bees/': '',
      'x/train/': '',
      'x/train/wasps/': '',
      'x/ants/1.jpg': '1',
    });
    expect((await surveySource(source)).emptyLabels).toEqual(['bees', 'train/wasps']);
  });

  it('refuses labels and keys that cannot be, and a name that is there twice', async () => {
    const deep = `ants/${'x'.repeat(1015)}`;
    const source = memorySource({
      'ants/1.jpg': '1',
      'ANTS/2.jpg': '2',
      '@b/3.jpg': '3',
      '__proto__/4.jpg': '4',
      [deep]: '5',
    });
    const twice: Source = {
      ...source,
      async *entries() {
        yield* source.entries();
        yield { kind: 'file', path: 'ants/1.jpg', sizeBytes: 1, read: async () => Uint8Array.of(9) };
      },
    };
    const { keys, reasons } = await land({ ...twice }, { dataset: 'dataset' });
    expect(Object.keys(keys)).toEqual(['dataset/ants/1.jpg', 'dataset/ANTS/2.jpg']);
    expect(reasons).toEqual({
      '@b/3.jpg': expect.stringContaining('which only batches do'),
      '__proto__/4.jpg': expect.stringContaining("can't be a label"),
      [deep]: expect.stringContaining('longer than 1024 bytes'),
      'ants/1.jpg': expect.stringContaining('another file has its name already'),
    });
  });
});

describe('a manifest at the top', () => {
  const manifest =
    'file,label,group,split,source\nraw/1.jpg,ants,g1,test,site\n2.jpg,bees,,,\n4.jpg,bees,,,\n5.jpg,,,,\n';

  it('tells of each file and of each row without one once, so that the numbers add up', async () => {
    const rows = ['1.jpg,ants,', '2.jpg,ants,dev', '3.jpg,,', '4.jpg,ants,', '4.jpg,bees,', '5.jpg,,', '6.jpg,ants,'];
    const told: string[] = [];
    const source = memorySource({
      'manifest.csv': ['file,label,split', ...rows].join('\n'),
      ...Object.fromEntries(['1.jpg', '2.jpg', '3.jpg', '4.jpg', '7.jpg'].map((file) => [file, file])),
    });
    const survey = await surveySource(source);
    const landed = await landSource({
      source,
      survey,
      target: memoryTarget(),
      place: { dataset: 'd' },
      onRefused: ({ path, detail }) => told.push(`${path}: ${detail}`),
    });
    expect(told).toEqual([
      '2.jpg: manifest.csv, line 3: the split "dev" is none of train, val and test',
      '3.jpg: manifest.csv, line 4: it gives 3.jpg no label',
      '4.jpg: manifest.csv, line 6: 4.jpg is named on line 5 too, and they disagree: neither counts',
      "7.jpg: manifest.csv doesn't name it",
      'manifest.csv: line 7: it gives 5.jpg no label',
      "manifest.csv: line 8: 6.jpg isn't there",
    ]);
    expect(landed).toMatchObject({ uploaded: 1, refused: 6, refusedRows: 2 });
    expect(landed.uploaded + landed.refused - landed.refusedRows).toBe(survey.files);
  });

  it('rules: what it names is taken as it says, the rest is told of', async () => {
    const { keys, reasons, labels } = await land(
      memorySource({
        'x/raw/1.jpg': '1',
        'x/2.jpg': '2',
        'x/bees/3.jpg': '3',
        'x/manifest.csv': manifest,
        'x/.git/c': '',
      }),
      { source: 'phone', groupPattern: /^(\d)/ },
    );
    expect(keys).toEqual({
      'd/test/ants/raw__1.jpg': { group: 'g1', source: 'site' },
      'd/bees/2.jpg': { group: '2', source: 'phone' },
    });
    expect(labels).toEqual(['ants', 'bees']);
    expect(reasons).toEqual({
      'x/bees/3.jpg': "not_in_manifest: x/manifest.csv doesn't name it",
      'x/manifest.csv': "manifest_unfit: line 4: 4.jpg isn't there",
    });
  });

  it('is CSV before JSON Lines, and means nothing further down', async () => {
    const both = {
      'manifest.jsonl': '{"file":"ants/1.jpg","label":"a"}',
      'manifest.csv': 'file,label\nants/1.jpg,b\n',
    };
    expect(Object.keys((await land(memorySource({ ...both, 'ants/1.jpg': '1' }))).keys)).toEqual(['d/b/ants__1.jpg']);
    const below = memorySource({ 'ants/1.jpg': '1', 'bees/2.jpg': '2', 'bees/manifest.csv': 'nonsense' });
    expect(Object.keys((await land(below)).keys)).toEqual(['d/ants/1.jpg', 'd/bees/2.jpg', 'd/bees/manifest.csv']);
  });

  it('that cannot be read stops everything', async () => {
    await expect(land(memorySource({ 'manifest.csv': 'nonsense', 'ants/1.jpg': '1' }))).rejects.toMatchObject({
      code: 'image_unfit',
      details: { reason: 'manifest_unfit' },
    });
  });
});

describe('landing', () => {
  it('sends again only what changed', async () => {
    const target = memoryTarget();
    await land(texts('ants/1.jpg', 'ants/2.jpg'), { target });
    const again = await land(memorySource({ 'ants/1.jpg': 'ants/1.jpg', 'ants/2.jpg': 'new' }), { target });
    expect(again).toMatchObject({ uploaded: 1, unchanged: 1, refused: 0, bytes: 3 });
    expect(again.splits).toEqual([]);
    expect((await land(texts('val/ants/1.jpg', 'train/ants/2.jpg', 'train/ants/3.jpg'))).splits).toEqual([
      'train',
      'val',
    ]);
  });

  it('refuses what cannot be read, and goes on', async () => {
    const source: Source = {
      name: 'x',
      async *entries() {
        const read = async (): Promise<Uint8Array> => {
          throw new AppError('image_unfit', 'it is damaged', { details: { reason: 'archive_unfit' } });
        };
        yield { kind: 'file', path: 'ants/1.jpg', sizeBytes: 1, read };
        yield { kind: 'file', path: 'ants/2.jpg', sizeBytes: 1, read: async () => Uint8Array.of(1) };
      },
      close: async () => {},
    };
    expect(await land(source)).toMatchObject({
      uploaded: 1,
      refused: 1,
      reasons: { 'ants/1.jpg': 'archive_unfit: it is damaged' },
    });
  });

  it('keeps few in flight, fails as its target does, and leaves nothing running', async () => {
    const paths = Array.from({ length: 200 }, (_, i) => `ants/${i}.jpg`);
    const source = texts(...paths);
    const survey = await surveySource(source);
    let inFlight = 0;
    let most = 0;
    let begun = 0;
    const target: LandingTarget = {
      put: async () => {
        begun += 1;
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inFlight -= 1;
        if (begun > 50) throw new AppError('unavailable', 'the store is away');
        return 'uploaded';
      },
    };
    await expect(landSource({ source, survey, target, place: { dataset: 'd' } })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect({ inFlight, most }).toEqual({ inFlight: 0, most: 16 });
    expect(begun).toBeLessThan(90);
  });

  it('stops when it is told to, and says how far it is', async () => {
    const source = texts(...Array.from({ length: 50 }, (_, i) => `ants/${i}.jpg`));
    const survey = await surveySource(source);
    const stopping = new AbortController();
    const seen: number[] = [];
    const landing = landSource({
      source,
      survey,
      target: memoryTarget(),
      place: { dataset: 'd' },
      signal: stopping.signal,
      onProgress: ({ files, totalFiles }) => {
        seen.push(files);
        expect(totalFiles).toBe(50);
        if (files === 20) stopping.abort();
      },
    });
    await expect(landing).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(seen.length).toBeLessThan(50);
  });
});

/**
 * A near-duplicate of a tested image never lands in train: real photos (a published set of ants and bees, where this machine has
 * it) and made-up ones, scaled and compressed anew as people's tools do it.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { LandedImage } from '@graft/contracts';
import sharp from 'sharp';
import { inspectImage } from '../inspect/inspect-image.js';
import { mergeLanding } from './merge-landing.js';
import { createRandom } from '../random.js';

const policy = { testShare: 0.3, valShare: 0.1 };
const dataset = 'insects';
const PHOTOS = fileURLToPath(new URL('../../../../../shared/data/hymenoptera/train', import.meta.url));
const MOST_PHOTOS = 60;

interface File {
  readonly label: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

const land = async ({ label, name, bytes }: File, split: LandedImage['split'] = null): Promise<LandedImage> => ({
  ...(await inspectImage(bytes)),
  ...{ label, split, group: null, source: 'landing', key: `${dataset}/${label}/${name}`, etag: name },
});

const readPhotos = async (): Promise<File[]> => {
  const files: File[] = [];
  for (const label of (await readdir(PHOTOS)).sort()) {
    for (const name of (await readdir(join(PHOTOS, label))).sort().slice(0, MOST_PHOTOS / 2)) {
      files.push({ label, name, bytes: await readFile(join(PHOTOS, label, name)) });
    }
  }
  return files;
};

/** Pictures of soft shapes: a few colours on a coarse grid, made smooth. */
const makePhotos = async (count: number): Promise<File[]> => {
  const random = createRandom(7);
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const side = 5 + (at % 4);
      const raw = Uint8Array.from({ length: side * side * 3 }, () => Math.floor(random() * 256));
      const bytes = await sharp(raw, { raw: { width: side, height: side, channels: 3 } })
        .resize(320, 240, { fit: 'fill', kernel: 'cubic' })
        .jpeg({ quality: 92 })
        .toBuffer();
      return { label: at % 2 === 0 ? 'ant' : 'bee', name: `${at}.jpg`, bytes };
    }),
  );
};

/** The same picture as another tool would have saved it. */
const saveAnew = async ({ label, name, bytes }: File, at: number): Promise<File> => {
  const { width } = await sharp(bytes).metadata();
  const scaled = sharp(bytes)
    .autoOrient()
    .resize({ width: Math.round(width * ([0.5, 0.75, 1, 1.5][at % 4] ?? 1)) });
  const saved = at % 3 === 0 ? scaled.webp({ quality: 75 }) : scaled.jpeg({ quality: at % 2 === 0 ? 70 : 90 });
  return { label, name: `again-${at}-${name}`, bytes: await saved.toBuffer() };
};

const check = async (files: readonly File[]): Promise<{ tested: number; caught: number }> => {
  const first = mergeLanding({
    dataset,
    parent: null,
    landed: await Promise.all(files.map((each) => land(each))),
    policy,
  });
  const splitOf = new Map(first.images.map(({ key, split }) => [key, split]));
  const tested = files.filter(({ label, name }) => splitOf.get(`${dataset}/${label}/${name}`) === 'test');
  const again = await Promise.all(tested.map(saveAnew));
  const landed = await Promise.all(again.map((each, at) => land(each, at % 2 === 0 ? 'train' : null)));
  const second = mergeLanding({
    ...{ dataset, policy, landed },
    parent: { root: { dataset, labels: first.labels }, images: first.images },
  });
  const isAgain = new Set(landed.map(({ key }) => key));
  const learned = second.images.filter(({ key, split }) => isAgain.has(key) && split !== 'test');
  return { tested: tested.length, caught: tested.length - learned.length };
};

describe('near-duplicates of tested images', () => {
  it('are never trained on, of made-up pictures', async () => {
    const { tested, caught } = await check(await makePhotos(80));
    expect(tested).toBeGreaterThan(8);
    expect(caught).toBe(tested);
  });

  (existsSync(PHOTOS) ? it : it.skip)('are never trained on, of real photos', async () => {
    const { tested, caught } = await check(await readPhotos());
    expect(tested).toBeGreaterThan(8);
    expect(caught).toBe(tested);
  });
});

/**
 * Near-duplicates of real pictures: photos scaled and compressed anew, by the inspection and the joining that an ingestion does.
 * The photos are laid beside the checkout, and skipped where they are not; the emoji art is downloaded at set-up.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LandedImage, ManifestImage } from '@graft/contracts';
import { inspectImage, mergeLanding } from '@graft/data';
import { graftPaths } from '@graft/platform';
import { EMOJI_VENDORS, ensureEmojiArt, inRepository } from '@graft/tools';
import sharp, { type Sharp } from 'sharp';

const PHOTOS = inRepository('../shared/data/hymenoptera');
const MINUTES = 60_000;
const SHARES = { testShare: 0.5, valShare: 0 };

const look = async (bytes: Uint8Array, key: string): Promise<LandedImage> => ({
  ...(await inspectImage(bytes)),
  ...{ key, etag: key, label: 'insect', group: null, source: 'landing', split: null },
});
const grow = (parent: readonly ManifestImage[] | null, landed: readonly LandedImage[]) =>
  mergeLanding({
    dataset: 'd',
    parent: parent === null ? null : { root: { dataset: 'd', labels: ['insect'] }, images: parent },
    landed,
    policy: SHARES,
  });

/** What happens to a photo on its way through other people's programs. */
const COPIES: Readonly<Record<string, (photo: Sharp, width: number, height: number) => Sharp>> = {
  '90%': (photo, width, height) => photo.resize(Math.round(width * 0.9), Math.round(height * 0.9), { fit: 'fill' }),
  '75%': (photo, width) => photo.resize(Math.round(width * 0.75)),
  '50%, quality 50': (photo, width) => photo.resize(Math.round(width * 0.5)).jpeg({ quality: 50 }),
  '33%, WebP of quality 50': (photo, width) => photo.resize(Math.round(width * 0.33)).webp({ quality: 50 }),
  'half, nearest neighbour': (photo, width) => photo.resize(Math.round(width / 2), null, { kernel: 'nearest' }),
  '64 pixels wide': (photo) => photo.resize(64),
  'squeezed into 224 × 224': (photo) => photo.resize(224, 224, { fit: 'fill' }),
  'quality 95': (photo) => photo.jpeg({ quality: 95 }),
  'quality 60': (photo) => photo.jpeg({ quality: 60 }),
  'quality 40': (photo) => photo.jpeg({ quality: 40 }),
  PNG: (photo) => photo.png({ compressionLevel: 1 }),
};
/** Every third: a minute of work rather than three. */
const EVERY = 3;

const itWithPhotos = existsSync(PHOTOS) ? it : it.skip;

describe('near-duplicates of photos', () => {
  let files: { name: string; bytes: Buffer }[] = [];
  let originals: LandedImage[] = [];
  beforeAll(async () => {
    if (!existsSync(PHOTOS)) return;
    const names = (await readdir(PHOTOS, { recursive: true })).filter((name) => /\.jpg$/i.test(name)).sort();
    files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(PHOTOS, name)) })));
    originals = await Promise.all(files.map(({ name, bytes }) => look(bytes, name)));
  }, 2 * MINUTES);

  itWithPhotos(`no two photos are taken for one (skipped without ${PHOTOS})`, () => {
    const { images, quarantine } = grow(null, originals);
    expect(quarantine).toEqual([]);
    expect(images.filter(({ group }) => group !== null)).toEqual([]);
    expect(new Set(images.map(({ split }) => split))).toEqual(new Set(['train', 'test']));
  });

  itWithPhotos(
    `a copy of a tested photo never lands in train: at least 99.5% of each kind are known again (skipped without ${PHOTOS})`,
    async () => {
      const parent = grow(null, originals).images;
      const splitOf = new Map(parent.map(({ key, split }) => [key, split]));
      const chosen = files.filter((_, index) => index % EVERY === 0);
      for (const [kind, make] of Object.entries(COPIES)) {
        const copies = await Promise.all(
          chosen.map(async ({ name, bytes }) => {
            const { width, height } = await sharp(bytes).metadata();
            return look(await make(sharp(bytes), width, height).toBuffer(), name);
          }),
        );
        const { images, quarantine } = grow(
          parent,
          copies.map((copy) => ({ ...copy, key: `copy of ${copy.key}` })),
        );
        const crossed = images.filter(
          ({ key, split }) => key.startsWith('copy of ') && split !== splitOf.get(key.slice('copy of '.length)),
        );
        expect({ kind, crossed: crossed.map(({ key }) => key), left: quarantine.map(({ key }) => key) }).toEqual({
          ...{ kind, crossed: [], left: [] },
        });
        const known = copies.length - images.filter(({ key, group }) => key.startsWith('copy of ') && !group).length;
        expect(known / copies.length).toBeGreaterThanOrEqual(0.995);
      }
    },
    5 * MINUTES,
  );
});

describe('near-duplicates among drawings', () => {
  it.each(EMOJI_VENDORS)(
    'are the same picture twice, and no more than 1 in 90 of the %s emoji',
    async (vendor) => {
      const art = (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir }))[vendor];
      const landed = await Promise.all(art.map(async ({ path }) => look(await readFile(path), path)));
      const { images, duplicates } = grow(null, landed);
      const borrowed = images.filter(({ group }) => group !== null);
      // Flags of islands that are their country's, drawn or compressed twice: the same to any eye.
      expect(borrowed.length + duplicates).toBeGreaterThan(0);
      expect(borrowed.length / landed.length).toBeLessThan(1 / 90);
    },
    3 * MINUTES,
  );
});

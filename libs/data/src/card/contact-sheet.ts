/** A picture of a dataset: a row of images for each label. */
import { AppError, type Digest, type ManifestImage } from '@graft/contracts';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { DEFAULT_IMAGE_LIMITS } from '../inspect/image-header.js';
import { bySha } from '../order.js';

const CELL = 112;
const GAP = 6;
const NAMES_WIDTH = 190;
const HEADER = 26;
/** A sheet of more would be taller than anybody scrolls. */
export const MAX_SHEET_LABELS = 60;
const CONCURRENCY = 4;
/** Characters that fit beside a row. */
const NAME_CHARACTERS = 24;

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 32};`);

const shorten = (text: string): string => {
  const characters = [...text];
  return characters.length <= NAME_CHARACTERS ? text : `${characters.slice(0, NAME_CHARACTERS - 1).join('')}…`;
};

/** So many images of a label, the same ones each time: one of each split in turn, in order of digest. */
export const chooseSamples = (images: readonly ManifestImage[], most: number): ManifestImage[] => {
  const bySplit = (['train', 'test', 'val'] as const).map((split) =>
    images.filter((image) => image.split === split).sort(bySha),
  );
  const chosen: ManifestImage[] = [];
  for (let round = 0; chosen.length < most && bySplit.some((members) => round < members.length); round += 1) {
    for (const members of bySplit) {
      const image = members[round];
      if (image !== undefined && chosen.length < most) chosen.push(image);
    }
  }
  return chosen;
};

const decode = async (bytes: Uint8Array): Promise<Buffer> =>
  sharp(bytes, { limitInputPixels: DEFAULT_IMAGE_LIMITS.maxPixels, failOn: 'none' })
    .autoOrient()
    .resize(CELL, CELL, { fit: 'cover' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .png()
    .toBuffer();

/** Null where the bytes are gone. */
const pictureOf = async (digest: Digest, load: (digest: Digest) => Promise<Uint8Array>): Promise<Buffer | null> => {
  try {
    return await decode(await load(digest));
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'not_found') return null;
    throw thrown;
  }
};

/**
 * @param rows labels with their images, in the order of the sheet; the first 60 are shown
 * @param title shown above; characters that don't fit are cut
 * @param perLabel images in a row
 * @param load bytes of an image; those that are gone (`not_found`) leave a grey cell
 * @returns a PNG
 */
export const makeContactSheet = async ({
  title,
  rows,
  perLabel = 8,
  load,
}: {
  title: string;
  rows: readonly { readonly label: string; readonly images: readonly ManifestImage[] }[];
  perLabel?: number;
  load: (digest: Digest) => Promise<Uint8Array>;
}): Promise<Buffer> => {
  const shown = rows.slice(0, MAX_SHEET_LABELS);
  const pitch = CELL + GAP;
  const width = NAMES_WIDTH + perLabel * pitch + GAP;
  const height = HEADER + shown.length * pitch + GAP;
  const limit = pLimit(CONCURRENCY);
  const cells = await Promise.all(
    shown.flatMap(({ images }, row) =>
      chooseSamples(images, perLabel).map((image, column) =>
        limit(async () => {
          const place = { left: NAMES_WIDTH + column * pitch, top: HEADER + row * pitch };
          const picture = await pictureOf(image.sha256, load);
          return { picture, place, split: image.split };
        }),
      ),
    ),
  );
  const names = shown.map(({ label, images }, row) => {
    const y = HEADER + row * pitch + CELL / 2;
    // A viewport of its own: wide letters are cut, and never lie over the pictures.
    return (
      `<svg width="${NAMES_WIDTH - GAP}" height="${height}">` +
      `<text x="10" y="${y}" font-size="14" fill="#1f2328">${escapeXml(shorten(label))}</text>` +
      `<text x="10" y="${y + 18}" font-size="12" fill="#59636e">${images.length === 1 ? '1 image' : `${images.length} images`}</text></svg>`
    );
  });
  // Which images are tested on is seen at once: a thin frame, and a letter that needs no colour.
  const marks = cells.map(({ place: { left, top }, split, picture }) => {
    const colour = { train: '#59636e', val: '#0969da', test: '#bc4c00' }[split];
    const frame = `<rect x="${left - 1}" y="${top - 1}" width="${CELL + 2}" height="${CELL + 2}" fill="${picture === null ? '#d1d9e0' : 'none'}" stroke="${colour}" stroke-width="2"/>`;
    const letter =
      split === 'train'
        ? ''
        : `<rect x="${left}" y="${top}" width="34" height="16" fill="${colour}"/><text x="${left + 17}" y="${top + 12}" font-size="11" fill="#ffffff" text-anchor="middle">${split}</text>`;
    return frame + letter;
  });
  const overlay =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Liberation Sans, sans-serif">` +
    `<text x="10" y="18" font-size="13" fill="#59636e">${escapeXml(title)}</text>${names.join('')}${marks.join('')}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([
      ...cells.flatMap(({ picture, place }) => (picture === null ? [] : [{ input: picture, ...place }])),
      { input: Buffer.from(overlay), left: 0, top: 0 },
    ])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
};

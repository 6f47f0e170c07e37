/** Small pictures with something to tell apart: stripes of a label's own direction and colour, with noise of their own. */
import { digestOfBytes, type BlobStore, type ManifestImage, type Split } from '@graft/contracts';
import sharp from 'sharp';
import { createRandom } from './random.js';

const SIZE = 64;

const pixelsOf = (label: number, seed: number): Buffer => {
  const random = createRandom(seed * 97 + label);
  const pixels = Buffer.alloc(SIZE * SIZE * 3);
  const [phase, noise] = [random() * 8, 40 + random() * 40];
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const along = label === 0 ? x : label === 1 ? y : x + y;
      const stripe = Math.floor((along + phase) / 4) % 2 === 0 ? 210 : 60;
      for (let channel = 0; channel < 3; channel += 1) {
        const tint = channel === label % 3 ? 1 : 0.4;
        pixels[(y * SIZE + x) * 3 + channel] = Math.max(0, Math.min(255, stripe * tint + (random() - 0.5) * noise));
      }
    }
  }
  return pixels;
};

export interface SyntheticImage {
  readonly bytes: Uint8Array;
  readonly image: ManifestImage;
}

export const createSyntheticImage = async (options: {
  readonly label: string;
  readonly kind: number;
  readonly seed: number;
  readonly split: Split;
  readonly source?: string;
}): Promise<SyntheticImage> => {
  const { label, kind, seed, split, source = 'synthetic' } = options;
  const bytes = new Uint8Array(
    await sharp(pixelsOf(kind, seed), { raw: { width: SIZE, height: SIZE, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const sha256 = digestOfBytes(bytes);
  return {
    bytes,
    image: {
      sha256,
      pixelSha256: sha256,
      perceptualHash: sha256.slice(0, 16),
      label,
      group: null,
      split,
      source,
      key: `shapes/${label}/${seed}.png`,
      width: SIZE,
      height: SIZE,
      sizeBytes: bytes.byteLength,
    },
  };
};

export const LABELS = ['across', 'down', 'slanted'] as const;

/** `perSplit` images of each label in each split, kept in the content store. */
export const createSyntheticDataset = async (options: {
  readonly blobs: BlobStore;
  readonly perSplit: Readonly<Record<Split, number>>;
  readonly firstSeed?: number;
  readonly source?: string;
}): Promise<ManifestImage[]> => {
  const { blobs, perSplit, firstSeed = 0, source } = options;
  const images: ManifestImage[] = [];
  let seed = firstSeed;
  for (const split of ['train', 'val', 'test'] as const) {
    for (let index = 0; index < perSplit[split]; index += 1) {
      seed += 1;
      for (const [kind, label] of LABELS.entries()) {
        const made = await createSyntheticImage({ label, kind, seed, split, ...(source ? { source } : {}) });
        await blobs.put(made.bytes);
        images.push(made.image);
      }
    }
  }
  return images;
};

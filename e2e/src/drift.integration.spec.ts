/**
 * Drift on real pictures: the emoji of two vendors differ, two halves of one vendor's don't. On features of EfficientNet-lite0 as a
 * retraining uses them, and on what inspection measures of the pictures.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { digestOfText, type Digest, type Drift, type FeatureSource, type ManifestImage } from '@graft/contracts';
import { inspectImage, measureDrift } from '@graft/data';
import { buildEmbedder, findBackbone, loadOnnxModel, readCheckpoint, resolveWeights, runImages } from '@graft/models';
import { graftPaths } from '@graft/platform';
import { EMOJI_VENDORS, ensureEmojiArt, type EmojiVendor } from '@graft/tools';

const MINUTES = 60_000;
/** Of each vendor, spread over all of its emoji. */
const IMAGES = 200;
const SEEDS = 20;
/** Of 20 tests at 0.05 one is a false alarm on average; more than three happen once in 60 times by chance. */
const MOST_ALARMS = 3;

const { cacheDir } = graftPaths();
const bytesOf = new Map<Digest, Uint8Array>();
const featuresOf = new Map<Digest, Float32Array>();
const imagesOf = new Map<EmojiVendor, ManifestImage[]>();
let length = 0;

const look = async (path: string, label: string): Promise<ManifestImage> => {
  const bytes = await readFile(path);
  const facts = await inspectImage(bytes);
  bytesOf.set(facts.sha256, bytes);
  return { ...facts, label, group: null, split: 'train', source: 'emoji', key: path };
};

beforeAll(async () => {
  const art = await ensureEmojiArt({ cacheDir });
  for (const vendor of EMOJI_VENDORS) {
    const every = art[vendor].length / IMAGES;
    const chosen = Array.from({ length: IMAGES }, (_, index) => art[vendor][Math.floor(index * every)]);
    const images = await Promise.all(chosen.flatMap((one) => (one ? [look(one.path, one.label)] : [])));
    imagesOf.set(vendor, images);
  }
  const backbone = findBackbone('efficientnet_lite0');
  const weights = await resolveWeights(backbone.weights, { cacheDir, expectedDigest: backbone.weightsDigest });
  const built = buildEmbedder({ backbone, checkpoint: readCheckpoint(await readFile(weights.path)) });
  length = built.featureLength;
  const runtime = await loadOnnxModel(built.onnx, { threads: 2, spinning: false });
  const digests = [...bytesOf.keys()];
  await runImages({
    images: digests,
    load: async (sha256) => bytesOf.get(sha256) ?? new Uint8Array(),
    preprocessing: backbone.preprocessing,
    runtime,
    onBatch: ({ outputs, offset, count }) => {
      const [values = new Float32Array()] = Object.values(outputs);
      for (let row = 0; row < count; row += 1)
        featuresOf.set(digests[offset + row] ?? '', values.slice(row * length, (row + 1) * length));
    },
  });
  await runtime.dispose();
}, 10 * MINUTES);

const features: FeatureSource = {
  features: async (digests) => {
    const values = new Float32Array(digests.length * length);
    digests.forEach((digest, row) => values.set(featuresOf.get(digest) ?? [], row * length));
    return { digests, values, length };
  },
};

const compare = (before: readonly ManifestImage[], added: readonly ManifestImage[], seed: number): Promise<Drift> =>
  measureDrift({
    reference: { id: 'a'.repeat(64), images: before },
    current: { id: 'b'.repeat(64), images: [...before, ...added] },
    features,
    seed,
  });

/** In an order that the seed decides (a digest of both, sorted). */
const shuffled = (images: readonly ManifestImage[], seed: number): ManifestImage[] => {
  const rank = new Map(images.map(({ sha256 }) => [sha256, digestOfText(`${seed} ${sha256}`)]));
  return [...images].sort((a, b) => ((rank.get(a.sha256) ?? '') < (rank.get(b.sha256) ?? '') ? -1 : 1));
};

describe('drift of real pictures', () => {
  it(
    'is reported between the art of two vendors, in features and in quality',
    async () => {
      const [google = [], twitter = []] = EMOJI_VENDORS.map((vendor) => imagesOf.get(vendor));
      const drift = await compare(google, twitter, 1);
      expect(drift.features?.detected).toBe(true);
      expect(drift.features?.p).toBeLessThan(0.01);
      expect(drift.quality?.detected).toBe(true);
      expect(Math.min(...(drift.quality?.measures.map(({ pHolm }) => pHolm) ?? []))).toBeLessThan(0.01);
      // The same emoji of both: nothing is labelled otherwise.
      expect(drift.labels?.detected).toBe(false);
      expect(drift.farthest).toHaveLength(12);
    },
    5 * MINUTES,
  );

  it.each(EMOJI_VENDORS)(
    `is not reported between two halves of the %s art: at most ${MOST_ALARMS} false alarms in ${SEEDS}`,
    async (vendor) => {
      const alarms = { features: 0, quality: 0, labels: 0 };
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const images = shuffled(imagesOf.get(vendor) ?? [], seed);
        const drift = await compare(images.slice(0, images.length / 2), images.slice(images.length / 2), seed);
        for (const what of ['features', 'quality', 'labels'] as const)
          if (drift[what]?.detected === true) alarms[what] += 1;
      }
      expect(Math.max(...Object.values(alarms))).toBeLessThanOrEqual(MOST_ALARMS);
    },
    10 * MINUTES,
  );
});

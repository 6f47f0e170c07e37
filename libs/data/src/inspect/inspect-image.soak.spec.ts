import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import sharp from 'sharp';
import { inspectImage } from './inspect-image.js';
import { hostileImages } from '../testing/hostile-images.js';
import { makeThumbnail } from './thumbnail.js';
import { createRandom } from '../random.js';

const FUZZ_MS = 60_000;

const mutate = (bytes: Buffer, random: () => number): Buffer => {
  const copy = Buffer.from(bytes);
  const at = (): number => Math.floor(random() * copy.length);
  switch (Math.floor(random() * 4)) {
    case 0:
      return copy.subarray(0, at());
    case 1:
      return Buffer.concat([copy.subarray(0, at()), copy.subarray(at())]);
    case 2:
      copy.fill(Math.floor(random() * 256), at(), Math.min(copy.length, at() + 16));
      return copy;
    default:
      for (let flips = 1 + Math.floor(random() * 12); flips > 0; flips -= 1) copy[at()] = Math.floor(random() * 256);
      return copy;
  }
};

describe('inspecting mutated files', () => {
  it(
    'ends in facts or in a reason for quarantine, and never in anything else',
    async () => {
      const noise = sharp({
        create: {
          width: 96,
          height: 64,
          channels: 3,
          background: '#888',
          noise: { type: 'gaussian', mean: 128, sigma: 40 },
        },
      });
      const seeds = [
        await noise.clone().jpeg().toBuffer(),
        await noise
          .clone()
          .jpeg({ progressive: true })
          .withExif({ IFD0: { Copyright: 'nobody' } })
          .toBuffer(),
        await noise.clone().png().toBuffer(),
        await noise.clone().webp().toBuffer(),
        await noise.clone().webp({ lossless: true }).toBuffer(),
        // Those that are harmful as they are, a few at most of which take long.
        ...(await hostileImages()).map(({ bytes }) => bytes).filter(({ length }) => length > 0 && length < 100_000),
      ];
      const random = createRandom(20_261_124);
      const outcomes = { image: 0, quarantined: 0 };
      for (const end = Date.now() + FUZZ_MS; Date.now() < end;) {
        const seed = seeds[Math.floor(random() * seeds.length)] ?? Buffer.alloc(0);
        const mutated = mutate(seed, random);
        try {
          const facts = await inspectImage(mutated);
          expect(facts.width * facts.height).toBeLessThanOrEqual(100_000_000);
          outcomes.image += 1;
        } catch (thrown) {
          if (!(thrown instanceof AppError)) throw thrown;
          expect(thrown.code).toBe('image_unfit');
          expect(thrown.details.reason).toEqual(expect.any(String));
          // What is shown to people must survive the same files.
          await makeThumbnail(mutated);
          outcomes.quarantined += 1;
        }
      }
      // Both ways were taken many times, or the mutations were not worth their name.
      expect(Math.min(outcomes.image, outcomes.quarantined)).toBeGreaterThan(100);
    },
    FUZZ_MS + 30_000,
  );
});

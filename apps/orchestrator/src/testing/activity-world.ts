/** Everything that activities need, in memory: two buckets, a registry, a clock and a scope. */
import { createContentStore, createMemoryStore } from '@graft/artifacts';
import type { LandedHint } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import sharp from 'sharp';
import { createUnseenObjects } from '../activities/ingest/unseen-objects.js';
import type { ActivityScope } from '@graft/platform/temporal';
import { createMemoryRegistry } from './memory-registry.js';

export const testScope = (signal: AbortSignal = new AbortController().signal): ActivityScope => ({
  signal,
  scheduledMs: Date.parse('2026-01-01T00:00:00Z'),
  heartbeat: () => undefined,
});

export const createWorld = () => {
  const clock = { now: new Date('2026-01-01T00:00:00Z') };
  const registry = createMemoryRegistry({ now: () => clock.now });
  const landing = createMemoryStore();
  const objects = createMemoryStore();
  const blobs = createContentStore(objects);
  const buckets = new Map([
    ['landing', landing],
    ['artifacts', objects],
  ]);
  /** Empty at first, but for the two. */
  const bucket = (name: string): ReturnType<typeof createMemoryStore> => {
    const store = buckets.get(name) ?? createMemoryStore();
    buckets.set(name, store);
    return store;
  };
  const signals: { dataset: string; hint: LandedHint }[] = [];
  return {
    clock,
    registry,
    landing,
    ownBuckets: { landing: 'landing', artifacts: 'artifacts' },
    objects,
    bucket,
    blobs,
    logger: createLogger({ service: 'test', level: 'silent' }),
    scope: () => testScope(),
    now: () => clock.now,
    signals,
    watchers: {
      signal: async (dataset: string, hint: LandedHint) => {
        signals.push({ dataset, hint });
      },
    },
    trainers: { unpolled: async () => [] },
    unseenObjects: createUnseenObjects({ registry, landing, objects, blobs }),
  };
};
export type World = ReturnType<typeof createWorld>;

/** A PNG of noise: different seeds are different pictures, not near-duplicates. */
export const noisePng = async (seed: number, side = 32): Promise<Uint8Array> => {
  let state = seed * 2_654_435_761 + 1;
  const pixels = Uint8Array.from({ length: side * side * 3 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  // Blocks of 4 × 4, so that the difference hash sees them.
  const small = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  return sharp(small)
    .resize(side * 4, side * 4, { kernel: 'nearest' })
    .png()
    .toBuffer();
};

import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '@graft/artifacts';
import { digestOfText } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { createActivationCache } from '../activation-cache/activation-cache.js';
import { channelMeans } from './channel-means.js';

describe('features of maps', () => {
  it('are the mean of each channel, image by image in the order asked', async () => {
    const [a, b] = [digestOfText('a'), digestOfText('b')];
    const logger = createLogger({ service: 'test', level: 'silent' });
    const objects = createMemoryStore();
    const cache = createActivationCache({ objects, key: digestOfText('key'), length: 8, storage: 'float16', logger });
    // Two channels of 2×2.
    await cache.put({
      digests: [a, b],
      length: 8,
      values: Float32Array.of(1, 2, 3, 6, 0, 0, 0, 8, 4, 4, 4, 4, -1, 1, -1, 1),
    });
    expect(await channelMeans(cache, [2, 2, 2]).features([b, a, b])).toEqual({
      digests: [b, a, b],
      length: 2,
      values: Float32Array.of(4, 0, 3, 2, 4, 0),
    });
  });
});

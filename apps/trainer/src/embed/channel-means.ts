/** Feature vectors out of activations that are maps. */
import type { FeatureSource } from '@graft/contracts';
import type { ActivationSource } from '../activation-cache/activation-source.js';
import { toFloats } from '../activation-cache/shard.js';

/**
 * The mean of each channel over its map, [channels] an image: what an image has in it, wherever it is. That is how a
 * classifier pools a network's last map too, and it keeps a whole dataset's features small enough to compare pairwise.
 * @param shape [channels, height, width] of an activation.
 */
export const channelMeans = (source: ActivationSource, shape: readonly number[]): FeatureSource => {
  const [channels = 0] = shape;
  const area = source.length / channels;
  return {
    async features(digests) {
      const values = new Float32Array(digests.length * channels);
      await source.readRows(digests, (index, row) => {
        const map = toFloats(row);
        for (let channel = 0; channel < channels; channel += 1) {
          let sum = 0;
          for (let at = channel * area; at < (channel + 1) * area; at += 1) sum += map[at] ?? NaN;
          values[index * channels + channel] = sum / area;
        }
      });
      return { digests, values, length: channels };
    },
  };
};

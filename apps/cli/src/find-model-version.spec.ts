import { describe, expect, it } from '@jest/globals';
import type { Model } from '@graft/contracts';
import { findModelVersion } from './find-model-version.js';

const registryOf = (latestVersion: number | null) => ({
  getModel: async () => ({ name: 'insects', latestVersion }) as Model,
});

describe('a version of a model', () => {
  it('is named by its number, or as the latest', async () => {
    expect(await findModelVersion(registryOf(7), 'insects', 'v3')).toBe(3);
    expect(await findModelVersion(registryOf(7), 'insects', 'latest')).toBe(7);
  });

  it('is not found where there is none, and refused where it is no number', async () => {
    await expect(findModelVersion(registryOf(null), 'insects', 'latest')).rejects.toMatchObject({ code: 'not_found' });
    await expect(findModelVersion(registryOf(7), 'insects', 'newest')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('such as 3, or latest'),
    });
  });
});

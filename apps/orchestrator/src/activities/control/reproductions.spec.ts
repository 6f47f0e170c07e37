/** Whether a version can be made again: what is gone is named, before anything is computed. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { contentKey } from '@graft/artifacts';
import {
  pipelineDigest,
  type Digest,
  type ManifestImage,
  type ModelVersion,
  type Reproduction,
  type ReproductionPatch,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data';
import { createWorld, noisePng, type World } from '../../testing/activity-world.js';
import { PIPELINE } from '../../testing/fake-activities.js';
import type { ControlDependencies } from './dependencies.js';
import { createReproductionActivities } from './reproductions.js';

const reproductionId = 'reproduction-1';

describe('what a version is made again from', () => {
  let world: World;
  let image: Digest;
  let version: ModelVersion;
  let patches: ReproductionPatch[];

  const activities = (overrides: Partial<ControlDependencies> & { reproduction?: Partial<Reproduction> } = {}) => {
    const { reproduction = {}, ...rest } = overrides;
    return createReproductionActivities({
      ...world,
      registry: {
        ...world.registry,
        getReproduction: async () => ({ model: 'flowers', version: 1, variant: null, fresh: false, ...reproduction }),
        getModelVersion: async () => version,
        getDatasetVersion: async () => ({ id: version.lineage.datasetVersion, dataset: 'flowers', number: 1 }),
        getPipeline: async () => ({ number: 1, digest: pipelineDigest(PIPELINE), pipeline: PIPELINE }),
        patchReproduction: async (_id: string, patch: ReproductionPatch) => void patches.push(patch),
      } as never,
      ...{ code: { graft: '1', commit: null }, pollMs: 1 },
      ...rest,
    });
  };

  beforeEach(async () => {
    world = createWorld();
    patches = [];
    const { blobs } = world;
    image = await blobs.put(await noisePng(1));
    const images: ManifestImage[] = [
      {
        ...{ sha256: image, pixelSha256: image, label: 'rose', group: null, split: 'train', source: 'landing' },
        ...{ key: 'flowers/rose/1.png', width: 128, height: 128, perceptualHash: '0'.repeat(16), sizeBytes: 1 },
      },
    ];
    const { id } = await writeDatasetVersion(blobs, { dataset: 'flowers', labels: ['rose'], images });
    const plan = await blobs.put(new TextEncoder().encode('{}'));
    const report = await blobs.put(new TextEncoder().encode('{"schemaVersion":"none"}'));
    version = {
      ...{ model: 'flowers', version: 1, variants: [{ variant: 'fp32', reportDigest: report }], reportDigest: report },
      artifacts: [
        { kind: 'plan', variant: '', digest: plan },
        { kind: 'embedder', variant: '', digest: plan },
      ],
      lineage: {
        ...{ runId: 'run-1', pipeline: 'flowers', pipelineDigest: pipelineDigest(PIPELINE), datasetVersion: id },
        embedder: { onnxDigest: plan },
      },
    } as unknown as ModelVersion;
  });

  it('is refused while no trainer works, and for a form that it has not', async () => {
    const away = { unpolled: async () => ['train', 'evaluate'] };
    await expect(activities({ trainers: away }).openReproduction({ reproductionId })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/train, evaluate.*graft up/),
    });
    await expect(
      activities({ reproduction: { variant: 'int8' } }).openReproduction({ reproductionId }),
    ).rejects.toMatchObject({ code: 'not_found', message: expect.stringMatching(/no variant int8; there are: fp32/) });
    expect(patches).toEqual([]);
  });

  it('names each object that is gone, and why', async () => {
    await world.objects.remove(contentKey(image));
    await expect(activities().checkReproducible({ reproductionId })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/image flowers\/rose\/1.png of flowers 1 \(missing\).*graft verify flowers/),
      details: { count: 2, gone: expect.arrayContaining(['the report of flowers 1 (unreadable)']) },
    });
  });
});

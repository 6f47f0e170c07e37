import { describe, expect, it } from '@jest/globals';
import { eraseObject, readDocument } from '@graft/artifacts';
import { driftSchema } from '@graft/contracts';
import { createFixture, RUN_ID } from '../testing/fixture.js';
import { createSyntheticDataset } from '../testing/synthetic-images.js';
import { HEAD_PLAN, PARTIAL_PLAN, writePlan } from '../testing/training-plan.js';

const VECTORS = { ...HEAD_PLAN, inputSize: 64 };

describe('drift', () => {
  it.each([
    { what: 'vectors', plan: VECTORS },
    { what: 'maps', plan: PARTIAL_PLAN },
  ])('of what is new against what the champion learned from is measured on $what', async ({ plan: wanted }) => {
    const fixture = createFixture();
    const { blobs } = fixture;
    const images = await createSyntheticDataset({ blobs, perSplit: { train: 5, val: 1, test: 1 } });
    const more = await createSyntheticDataset({ blobs, perSplit: { train: 4, val: 0, test: 0 }, firstSeed: 70 });
    const [reference, datasetVersion] = [
      await fixture.datasetVersion(images),
      await fixture.datasetVersion([...images, ...more]),
    ];
    const plan = await writePlan(blobs, wanted);
    const { embed, train } = fixture.activities();
    const { embedder } = await embed.prepareEmbedder({ runId: RUN_ID, plan, datasetVersion });
    const measuring = { runId: RUN_ID, embedder, datasetVersion, reference };
    const measured = await train.measureDrift(measuring);
    const drift = await readDocument(blobs, driftSchema, measured.drift);
    expect(drift).toMatchObject({ reference, current: datasetVersion, newImages: 12, referenceImages: 15 });
    expect(drift.features).not.toBeNull();
    // More of the same is no drift.
    expect(measured.detected).toBe(false);
    expect(await train.measureDrift(measuring)).toEqual(measured);
    // Nothing was embedded before: it is done now, and told.
    const warnings = fixture.registry.events.filter(({ stage, kind }) => stage === 'drift' && kind === 'warning');
    expect(warnings.map(({ message }) => message)).toEqual(['features of 27 images were not cached and are computed']);
  });

  it('does without images that were erased since the champion learned from them', async () => {
    const fixture = createFixture();
    const { blobs, objects } = fixture;
    const images = await createSyntheticDataset({ blobs, perSplit: { train: 5, val: 1, test: 1 } });
    const more = await createSyntheticDataset({ blobs, perSplit: { train: 4, val: 0, test: 0 }, firstSeed: 70 });
    const reference = await fixture.datasetVersion(images);
    const { sha256: digest = '' } = images.find(({ split }) => split === 'train') ?? {};
    await eraseObject(objects, {
      ...{ schemaVersion: 'erased.v1', digest, reason: 'the person asked', by: 'kim', at: '2026-11-26T09:00:00.000Z' },
    });
    const left = images.filter(({ sha256 }) => sha256 !== digest);
    const datasetVersion = await fixture.datasetVersion([...left, ...more]);
    const plan = await writePlan(blobs, VECTORS);
    const { embed, train } = fixture.activities();
    const { embedder } = await embed.prepareEmbedder({ runId: RUN_ID, plan, datasetVersion });
    const measured = await train.measureDrift({ runId: RUN_ID, embedder, datasetVersion, reference });
    expect(await readDocument(blobs, driftSchema, measured.drift)).toMatchObject({
      newImages: 12,
      referenceImages: 14,
    });
  });
});

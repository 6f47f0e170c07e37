/** Reproductions: asked for, joined, carried out by services, ended once. HTTP adapter → server → PostgreSQL. */
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { datasetVersion, digest, newVersion, pipelineYaml } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let trainer: Registry;
let service: Registry;

const started = { schemaVersion: 'run-event.v1', stage: 'train', kind: 'started' } as const;

beforeAll(async () => {
  registry = await startTestRegistry();
  trainer = registry.as('trainer');
  service = registry.as('service');
  const admin = registry.as('admin');
  await admin.putDataset('photos-images', {});
  const images = datasetVersion('photos-images', 1, null);
  await admin.createDatasetVersion(images);
  const pipeline = await admin.applyPipeline(pipelineYaml('photos'));
  const run = await admin.createRun({
    ...{ pipeline: 'photos', pipelineDigest: pipeline.digest, trainDigest: digest('train'), datasetVersion: images.id },
    ...{ attempt: 1, workflowId: 'retrain/1' },
  });
  await service.createModelVersion(
    'photos',
    newVersion({ runId: run.id, pipeline, datasetVersion: images.id, seed: '1' }),
  );
});
afterAll(async () => registry.stop());

describe('a reproduction', () => {
  it('is one while it is under way, however often it is asked for; other questions are others', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => trainer.requestReproduction('photos', 1, {})));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect(asked[0]).toMatchObject({ state: 'requested', variant: null, fresh: false, outcome: null, by: 'trainer' });
    const fresh = await trainer.requestReproduction('photos', 1, { fresh: true });
    const int8 = await trainer.requestReproduction('photos', 1, { variant: 'int8' });
    expect(new Set([asked[0]?.id, fresh.id, int8.id]).size).toBe(3);
    expect((await trainer.listReproductions({ model: 'photos', version: 1 })).map(({ id }) => id)).toEqual(
      [asked[0]?.id, fresh.id, int8.id].reverse(),
    );
    expect(await trainer.listReproductions({ state: 'running' })).toEqual([]);
  });

  it('keeps what its stages tell, and the checkpoint that it goes on from', async () => {
    const { id } = await trainer.requestReproduction('photos', 1, {});
    await service.postReproductionEvents(id, [started]);
    await service.postReproductionEvents(id, [{ ...started, kind: 'finished', seconds: 2 }]);
    const events = await trainer.listReproductionEvents(id);
    expect(events.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'started'],
      [2, 'finished'],
    ]);
    expect(await trainer.listReproductionEvents(id, { after: 1 })).toEqual(events.slice(1));
    const checkpoint = { digest: digest('checkpoint'), plan: digest('plan'), step: 3 };
    await service.patchReproduction(id, { state: 'running', checkpoint });
    expect(await service.patchReproduction(id, { state: 'running' })).toMatchObject({ checkpoint, stage: 'train' });
  });

  it('ends once, makes room for another, and makes neither run nor version', async () => {
    const { id } = await trainer.requestReproduction('photos', 1, {});
    const end = { state: 'succeeded', outcome: 'identical', report: digest('report') } as const;
    const ended = await service.patchReproduction(id, end);
    expect(ended).toMatchObject({ ...end, checkpoint: null, finishedAt: expect.any(String) });
    expect(await service.patchReproduction(id, end)).toEqual(ended);
    await service.postReproductionEvents(id, [started]);
    expect(await trainer.listReproductionEvents(id)).toHaveLength(2);
    await expect(service.patchReproduction(id, { ...end, report: digest('another') })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await trainer.requestReproduction('photos', 1, {})).id).not.toBe(id);
    expect(await trainer.listRuns()).toHaveLength(1);
    expect(await trainer.listModelVersions('photos')).toHaveLength(1);
  });

  it('is of a version that there is, and is carried out by services alone', async () => {
    await expect(trainer.requestReproduction('photos', 7, {})).rejects.toMatchObject({ code: 'not_found' });
    await expect(trainer.requestReproduction('wasps', 1, {})).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.as('viewer').requestReproduction('photos', 1, {})).rejects.toMatchObject({
      code: 'forbidden',
    });
    const { id } = await trainer.requestReproduction('photos', 1, {});
    await expect(trainer.patchReproduction(id, { state: 'running' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(trainer.getReproduction('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});

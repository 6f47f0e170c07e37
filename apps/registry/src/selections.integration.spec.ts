/** Selections: asked for, carried out, answered once. HTTP adapter → server → PostgreSQL. */
import { selectionRequestSchema, type NewSelectionRun, type SelectionRequest } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { datasetVersion, digest } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let trainer: Registry;
let service: Registry;

const VERSION = datasetVersion('photos', 1, null);

const request = (seed: number, overrides: Partial<SelectionRequest> = {}): SelectionRequest =>
  selectionRequestSchema.parse({
    ...{ schemaVersion: 'selection-request.v1', dataset: 'photos', datasetVersion: VERSION.id, seed },
    ...{ candidates: ['efficientnet_lite0', 'efficientnet_lite0:int8'], ...overrides },
  });

const newRun = (name: string, attempt = 1): NewSelectionRun => ({
  ...{ candidate: 'efficientnet_lite0', purpose: 'probe' },
  run: {
    ...{ pipeline: 'select.photos.efficientnet_lite0', pipelineDigest: digest('pipeline'), trainDigest: digest(name) },
    ...{ datasetVersion: VERSION.id, attempt, workflowId: 'select/1' },
  },
});

beforeAll(async () => {
  registry = await startTestRegistry();
  trainer = registry.as('trainer');
  service = registry.as('service');
  await registry.as('admin').putDataset('photos', {});
  await registry.as('admin').createDatasetVersion(VERSION);
});
afterAll(async () => registry.stop());

describe('a selection', () => {
  it('is one, however often it is asked for', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => trainer.requestSelection(request(1))));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect(asked[0]).toMatchObject({ state: 'requested', attempt: 1, runs: [], result: null, by: 'trainer' });
    const other = await trainer.requestSelection(request(2));
    expect(other.id).not.toBe(asked[0]?.id);
    expect(await trainer.listSelections({ dataset: 'photos', state: 'requested' })).toHaveLength(2);
    expect(await trainer.listSelections({ dataset: 'insects' })).toEqual([]);
  });

  it('goes from stage to stage, and is answered once and for all', async () => {
    const { id } = await trainer.requestSelection(request(3));
    expect(await service.patchSelection(id, { state: 'running', stage: 'probe' })).toMatchObject({ stage: 'probe' });
    const answer = { state: 'succeeded', result: digest('answer') } as const;
    const answered = await service.patchSelection(id, answer);
    expect(await service.patchSelection(id, answer)).toEqual(answered);
    await expect(service.patchSelection(id, { ...answer, result: digest('another') })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await trainer.requestSelection(request(3))).toEqual(answered);
  });

  it('opens each of its runs once; they are among all runs, and keep an embedder', async () => {
    const { id } = await trainer.requestSelection(request(4));
    const first = await service.openSelectionRun(id, newRun('4 a'));
    expect(await service.openSelectionRun(id, newRun('4 a'))).toEqual(first);
    await service.openSelectionRun(id, { ...newRun('4 b'), purpose: 'finalist' });
    const { runs } = await trainer.getSelection(id);
    expect(runs.map(({ purpose }) => purpose)).toEqual(['probe', 'finalist']);
    expect((await trainer.listRuns({ pipeline: first.pipeline })).map((run) => run.id)).toContain(first.id);
    const kept = await service.keepPipelineEmbedder(first.pipeline, digest('identity'), digest('embedder'));
    expect(kept).toBe(digest('embedder'));
  });

  it('that failed tries again from the start when it is asked for again', async () => {
    const { id } = await trainer.requestSelection(request(5));
    await service.openSelectionRun(id, newRun('5'));
    await service.patchSelection(id, { state: 'failed', error: { code: 'refused', message: 'one label' } });
    const again = await trainer.requestSelection(request(5));
    expect(again).toMatchObject({ id, attempt: 2, state: 'requested', runs: [], error: null });
    await expect(service.openSelectionRun(id, newRun('5'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await service.openSelectionRun(id, newRun('5', 2))).toMatchObject({ attempt: 2, state: 'running' });
  });

  it('is of a dataset version that there is, and is carried out by services alone', async () => {
    await expect(trainer.requestSelection(request(6, { datasetVersion: digest('none') }))).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(trainer.requestSelection(request(6, { dataset: 'insects' }))).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(registry.as('viewer').requestSelection(request(6))).rejects.toMatchObject({ code: 'forbidden' });
    const { id } = await trainer.requestSelection(request(6));
    await expect(trainer.patchSelection(id, { state: 'running', stage: 'probe' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

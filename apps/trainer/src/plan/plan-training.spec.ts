import { beforeAll, describe, expect, it } from '@jest/globals';
import { createContentStore, createMemoryStore, readDocument, writeDocument } from '@graft/artifacts';
import {
  pipelineTrainSchema,
  quarantineSchema,
  trainingPlanSchema,
  type BlobStore,
  type DatasetPolicy,
  type Digest,
  type PlanTrainingInput,
  type QuarantineEntry,
  type TrainingPlan,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data';
import { createLogger, graftPaths } from '@graft/platform';
import { createFakeRegistry, type FakeRegistry } from '../testing/fake-registry.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';
import { createPlanTraining } from './plan-training.js';

const RUN_ID = 'run-1';

describe('planning a training', () => {
  let blobs: BlobStore;
  let datasetVersion: Digest;

  beforeAll(async () => {
    blobs = createContentStore(createMemoryStore());
    const images = await createSyntheticDataset({ blobs, perSplit: { train: 12, val: 2, test: 2 } });
    ({ id: datasetVersion } = await writeDatasetVersion(blobs, { dataset: 'shapes', labels: LABELS, images }));
  });

  const run = (
    train: Partial<PlanTrainingInput['train']>,
    signal: AbortSignal = new AbortController().signal,
    dataset: FakeRegistry['dataset'] = { version: {}, policy: {} },
    variants: readonly string[] = [],
  ): { registry: FakeRegistry; planned: Promise<TrainingPlan> } => {
    const registry = createFakeRegistry(RUN_ID);
    Object.assign(registry.dataset, dataset);
    const plan = createPlanTraining({
      registry: registry.port,
      blobs,
      logger: createLogger({ service: 'trainer-test', level: 'silent' }),
      scope: () => ({ scheduledMs: Date.now(), signal, heartbeat: () => undefined }),
      bucket: () => createMemoryStore(),
      cacheDir: graftPaths().cacheDir,
    });
    const input = { runId: RUN_ID, datasetVersion, train: pipelineTrainSchema.parse(train), variants: [...variants] };
    const planned = plan(input).then((result) => readDocument(blobs, trainingPlanSchema, result.plan));
    return { registry, planned };
  };

  it('refuses a pruned form that its network is too narrow for, and says what can be had', async () => {
    const ask = (...variants: string[]) =>
      run({ strategy: 'head' }, undefined, undefined, ['fp32', ...variants]).planned;
    const error = await ask('pruned12', 'pruned60').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'refused', details: { variants: ['pruned12'] } });
    const [, least = ''] = /Choose pruned(\d+) or more/.exec(String(error)) ?? [];
    await expect(ask(`pruned${least}`, 'pruned60-int8')).resolves.toMatchObject({ strategy: 'head' });
    await expect(ask(`pruned${Number(least) - 1}`)).rejects.toThrow(`pruned${least} or more`);
  });

  it('writes the plan of a given strategy without touching any weights, and tells it', async () => {
    const { registry, planned } = run({ strategy: 'partial', backbone: 'resnet50', weights: 's3://nowhere/none.pth' });
    expect(await planned).toMatchObject({ strategy: 'partial', backbone: 'resnet50.tv_in1k', cut: 'layer3.5.relu' });
    expect(registry.run()).toMatchObject({ stage: 'plan' });
    expect(registry.events.map(({ stage, kind }) => `${stage} ${kind}`)).toEqual([
      'plan started',
      'plan warning',
      'plan finished',
    ]);
    expect(registry.events[1]?.message).toMatch(/parameters of resnet50 train on 36 images/);
    expect(registry.events[2]).toMatchObject({
      message: expect.stringMatching(/asks for partial\npartial trains/),
      data: { strategy: 'partial', familiarity: null },
    });
  });

  it('looks at the images for `auto`, and plans the same twice', async () => {
    const { registry, planned } = run({ strategy: 'auto' });
    const plan = await planned;
    // Few stripes, unlike any photo and yet told apart: a head is enough.
    expect(plan).toMatchObject({ strategy: 'head', cut: 'pool' });
    expect(plan.reasons.join('\n')).toMatch(/36 images.*look unlike.*100% of the way/s);
    expect(registry.events.at(-1)?.data?.['familiarity']).toBeLessThan(0.45);
    expect(await run({ strategy: 'auto' }).planned).toEqual(plan);
  });

  it('fails the stage with the way out where a guard rail refuses', async () => {
    const { registry, planned } = run({ strategy: 'scratch' });
    await expect(planned).rejects.toMatchObject({ code: 'refused' });
    expect(registry.events.at(-1)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/train.allow: \[scratch_on_few_images\]/),
    });
  });

  it('waits for a person where what was landed for training is tested on, unless the policy leaves it out', async () => {
    const leak: QuarantineEntry = {
      key: 'shapes/train/dots/copy.png',
      etag: 'e',
      sha256: null,
      reason: 'leaks_into_test',
      detail: 'the same picture is in test',
    };
    const quarantine = await writeDocument(blobs, quarantineSchema, {
      schemaVersion: 'quarantine.v1',
      dataset: 'shapes',
      entries: [leak],
    });
    const plan = (policy: Partial<DatasetPolicy>) => {
      const asked = { strategy: 'head' as const, backbone: 'resnet50', weights: 's3://nowhere/none.pth' };
      return run(asked, undefined, { version: { leaks: 1, quarantine }, policy }).planned;
    };
    await expect(plan({})).rejects.toMatchObject({
      code: 'dataset_unfit',
      details: { problem: 'leakage', leaks: 1, keys: [leak.key] },
      message: expect.stringMatching(/copy\.png\).*data dismiss shapes --all-leaks/),
    });
    expect(await plan({ onLeakage: 'leave_out' })).toMatchObject({ strategy: 'head' });
  });

  it('stops where it is cancelled', async () => {
    const { planned } = run({ strategy: 'auto' }, AbortSignal.abort(new Error('asked to stop')));
    await expect(planned).rejects.toThrow('asked to stop');
  });
});

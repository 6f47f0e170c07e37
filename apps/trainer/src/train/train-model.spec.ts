import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  activationsSchema,
  historySchema,
  pipelineTrainSchema,
  toAppError,
  trainingPlanSchema,
  type ManifestImage,
  type TrainModelInput,
} from '@graft/contracts';
import { readSafetensors } from '@graft/models';
import { createLogger } from '@graft/platform';
import { createActivationCache } from '../activation-cache/activation-cache.js';
import { activationKeyDigest } from '../activation-cache/activation-key.js';
import { buildTrainProcess, createFixture, isRunning, TRAIN, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';

const until = async (condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> => {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(20)) if (await condition()) return;
  throw new Error('what was waited for did not come');
};

const jobFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`graft-train-${process.pid}-`));

/** Long enough to be interrupted. */
const LONG = { ...TRAIN, epochs: 5000, patience: 5000 };
/** What the guard rails would rather not train on so few images. */
const ALLOW = ['scratch_on_few_images', 'too_many_parameters', 'too_few_images'] as const;
const trainOf = (train: object): typeof TRAIN =>
  pipelineTrainSchema.parse({ epochs: 2, batchSize: 8, inputSize: 64, precision: 'float32', allow: ALLOW, ...train });
const STRATEGIES = {
  head: trainOf({ strategy: 'head', epochs: 6 }),
  partial: trainOf({ strategy: 'partial', stages: 1 }),
  full: trainOf({ strategy: 'full' }),
  scratch: trainOf({ strategy: 'scratch', epochs: 1 }),
};

describe('training a model', () => {
  let fixture: Fixture;
  let trainProcessPath: string;
  let images: ManifestImage[];
  let input: TrainModelInput;

  beforeAll(async () => {
    trainProcessPath = await buildTrainProcess();
    fixture = createFixture({ trainProcessPath, checkpointSeconds: 0 });
    images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 5, val: 2, test: 2 } });
    input = await fixture.prepare({ images });
  });

  const checkpointObjects = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of fixture.objects.list('checkpoints/')) keys.push(key);
    return keys;
  };
  const warnings = (): string[] =>
    fixture.registry.events.flatMap(({ kind, message }) => (kind === 'warning' ? [message ?? ''] : []));

  it('learns with a label that was retired, which keeps its place among the classes', async () => {
    const labels = [LABELS[0] ?? '', 'merged away', ...LABELS.slice(1)];
    const asked = await fixture.prepare({ images, labels, train: { ...STRATEGIES.head, classWeights: 'balanced' } });
    const plan = await readDocument(fixture.blobs, trainingPlanSchema, asked.plan);
    expect(plan.warnings.join('\n')).not.toContain('merged away');
    const { trained, history } = await fixture.activities().train.trainModel(asked);
    const told = await readDocument(fixture.blobs, historySchema, history);
    expect(told.labels).toEqual(labels);
    expect(told.epochs.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(told.epochs.find(({ epoch }) => epoch === told.bestEpoch)?.accuracy).toBeGreaterThan(0.6);
    for (const { logits } of told.comparison) {
      expect(logits).toHaveLength(4);
      expect(logits.indexOf(Math.max(...logits))).not.toBe(1);
    }
    const { tensors } = readSafetensors(await fixture.blobs.get(trained));
    expect([...tensors.values()].map(({ shape }) => shape.join())).toEqual(expect.arrayContaining(['4,1280', '4']));
  });

  it('learns what the labels look like, and tells how it goes', async () => {
    const { trained, history } = await fixture.activities().train.trainModel(input);
    const told = await readDocument(fixture.blobs, historySchema, history);
    expect(told).toMatchObject({ trained, plan: input.plan, labels: [...LABELS], trainImages: 15, valImages: 6 });
    expect(told.runtime.tensorflow).toMatch(/tfjs-node.* \d+\.\d+/);
    expect(told.epochs.at(-1)?.loss).toBeLessThan(told.epochs[0]?.loss ?? 0);
    expect(told.epochs.find(({ epoch }) => epoch === told.bestEpoch)?.accuracy).toBeGreaterThan(0.6);
    expect(told.comparison).toHaveLength(8);
    expect(told.comparison.every(({ logits }) => logits.length === 3)).toBe(true);
    const events = fixture.registry.events.filter(({ stage }) => stage === 'train');
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['started', 'progress', 'finished']));
    // Trainings before it have told of theirs.
    expect(events.findLast(({ kind }) => kind === 'finished')?.data).toMatchObject({ keptEpoch: told.bestEpoch });
    expect(events.find(({ kind }) => kind === 'progress')).toMatchObject({
      total: 12,
      imagesPerSecond: expect.any(Number),
      etaSeconds: expect.any(Number),
    });
    const { tensors, metadata } = readSafetensors(await fixture.blobs.get(trained));
    expect([...tensors.values()].map(({ shape }) => shape.join())).toEqual(expect.arrayContaining(['3,1280', '3']));
    expect(JSON.parse(metadata.get('labels') ?? '')).toEqual([...LABELS]);
    expect(metadata.get('plan')).toBe(input.plan);
  });

  it.each(Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[])(
    'ends in the same bytes however often it is killed, and leaves nothing behind: %s',
    async (strategy) => {
      const folders = await jobFolders();
      const asked = await fixture.prepare({ images, train: STRATEGIES[strategy] });
      expect(await readDocument(fixture.blobs, trainingPlanSchema, asked.plan)).toMatchObject({ strategy });
      const undisturbed = await fixture.activities().train.trainModel(asked);

      // A whole network takes longer to load.
      let kills = strategy === 'head' || strategy === 'partial' ? 2 : 1;
      const pids: number[] = [];
      const { train } = fixture.activities({
        hooks: {
          onTrainingProcess: (pid) => {
            pids.push(pid);
            if (kills === 0) return;
            kills -= 1;
            // Any moment from its start to its end.
            setTimeout(() => isRunning(pid) && process.kill(pid, 'SIGKILL'), Math.random() * 6_000);
          },
        },
      });
      // As Temporal does: a death is tried again, from where the registry says.
      const again = async (): Promise<unknown> => {
        for (;;)
          try {
            return await train.trainModel(asked);
          } catch (thrown) {
            if (toAppError(thrown).code !== 'internal') throw thrown;
          }
      };
      expect(await again()).toEqual(undisturbed);
      expect(pids.some(isRunning)).toBe(false);
      expect(await jobFolders()).toEqual(folders);
      expect(await checkpointObjects()).toEqual([]);
      expect(fixture.registry.run().checkpoint).toBeNull();
    },
    300_000,
  );

  it('goes on from the checkpoint of a worker that is gone', async () => {
    const undisturbed = await fixture.activities().train.trainModel(input);
    const controller = new AbortController();
    const running = fixture.activities({ signal: controller.signal }).train.trainModel(input);
    running.catch(() => undefined);
    await until(() => (fixture.registry.run().checkpoint?.step ?? 0) > 0);
    controller.abort(new Error('WORKER_SHUTDOWN'));
    await expect(running).rejects.toThrow('WORKER_SHUTDOWN');
    const { step = 0 } = fixture.registry.run().checkpoint ?? {};
    expect(await checkpointObjects()).toHaveLength(1);

    const steps: number[] = [];
    const seen = fixture.registry.events.length;
    expect(await fixture.activities().train.trainModel(input)).toEqual(undisturbed);
    for (const event of fixture.registry.events.slice(seen)) if (event.kind === 'progress') steps.push(event.step ?? 0);
    expect(Math.min(...steps)).toBeGreaterThan(step);
    expect(await checkpointObjects()).toEqual([]);
  });

  it('begins anew, and says so, where the checkpoint is damaged or of another plan', async () => {
    const undisturbed = await fixture.activities().train.trainModel(input);
    const digest = 'c'.repeat(64);
    const point = (plan: string) =>
      fixture.registry.port.patchRun(input.runId, { checkpoint: { digest, plan, step: 3 } });
    await fixture.objects.put(`checkpoints/${input.runId}/${digest}.safetensors`, Buffer.from('damaged'));
    await point(input.plan);
    expect(await fixture.activities().train.trainModel(input)).toEqual(undisturbed);
    expect(warnings().at(-1)).toMatch(/step 3 is damaged; training begins anew/);
    await point('d'.repeat(64));
    expect(await fixture.activities().train.trainModel(input)).toEqual(undisturbed);
    expect(warnings().at(-1)).toMatch(/step 3 belongs to another plan.*begins anew/);
    expect(await checkpointObjects()).toEqual([]);
  });

  it('kills its process and cleans up when the run is called off', async () => {
    const folders = await jobFolders();
    const controller = new AbortController();
    let pid = 0;
    const { train } = fixture.activities({
      signal: controller.signal,
      hooks: { onTrainingProcess: (id) => (pid = id) },
    });
    const running = train.trainModel(await fixture.prepare({ images, train: LONG }));
    running.catch(() => undefined);
    await until(() => (fixture.registry.run().checkpoint?.step ?? 0) > 0);
    const beats = fixture.heartbeats();
    await sleep(4_500);
    // Every two seconds, whatever the process does.
    expect(fixture.heartbeats() - beats).toBeGreaterThanOrEqual(2);
    controller.abort(new Error('CANCELLED'));
    await expect(running).rejects.toThrow('CANCELLED');
    await until(() => !isRunning(pid));
    expect(await jobFolders()).toEqual(folders);
    expect(await checkpointObjects()).toEqual([]);
    expect(fixture.registry.run().checkpoint).toBeNull();
    expect(fixture.registry.events.at(-1)).toMatchObject({ stage: 'train', kind: 'warning', message: 'called off' });
  });

  it('stops a training that takes more memory than it may, and says what to do', async () => {
    const small = createFixture({ trainProcessPath, trainMemoryMib: 60 });
    const own = await createSyntheticDataset({ blobs: small.blobs, perSplit: { train: 5, val: 2, test: 2 } });
    const asked = await small.prepare({ images: own, train: LONG });
    await expect(small.activities().train.trainModel(asked)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('train.batchSize'),
    });
    expect(small.registry.events.at(-1)).toMatchObject({ stage: 'train', kind: 'failed' });
  });

  it('computes activations that the cache lost, and warns of it', async () => {
    const undisturbed = await fixture.activities().train.trainModel(input);
    for await (const { key } of fixture.objects.list('activations/')) await fixture.objects.remove(key);
    const { trained, history, activations } = undisturbed;
    const again = await fixture.activities().train.trainModel(input);
    expect(again).toMatchObject({ trained, history });
    expect(warnings().at(-1)).toContain('features of');
    // What it read is recorded: other shards, and the same numbers. The first ones are no more.
    expect(again.activations).not.toBe(activations);
  });

  it('reads the activations that are pinned, whatever the cache holds since', async () => {
    const { activations, ...undisturbed } = await fixture.activities().train.trainModel(input);
    const pinned = { ...input, activations: activations ?? '' };
    // Shards of other names hold the same images now, and other numbers.
    const { shards, key } = await readDocument(fixture.blobs, activationsSchema, pinned.activations);
    expect(shards.length).toBeGreaterThan(0);
    const cache = createActivationCache({
      ...{ objects: fixture.objects, key: activationKeyDigest(key), length: 1280, storage: key.storage },
      logger: createLogger({ service: 'trainer-test', level: 'silent' }),
    });
    for (let at = 0; at < 8; at += 1)
      await cache.put({
        digests: images.map(({ sha256 }) => sha256),
        values: new Float32Array(images.length * 1280).fill(at),
        length: 1280,
      });
    expect(await fixture.activities().train.trainModel(pinned)).toEqual({ ...undisturbed, activations });
  });

  it('warns where nothing was learned', async () => {
    // Validation images under each other's labels: the better they are told apart, the more wrong it is.
    const next = (label: string): string => LABELS[(LABELS.findIndex((each) => each === label) + 1) % 3] ?? label;
    const mixedUp = images.map((image) => (image.split === 'val' ? { ...image, label: next(image.label) } : image));
    await fixture.activities().train.trainModel(await fixture.prepare({ images: mixedUp }));
    expect(warnings().at(-1)).toMatch(/learned nothing.*6 validation images/);
  });

  it('refuses a dataset that nothing can be learned from, and says what to do', async () => {
    const single = images.filter(({ label }) => label === 'down');
    const datasetVersion = await fixture.datasetVersion(single, ['down']);
    await expect(fixture.activities().train.trainModel({ ...input, datasetVersion })).rejects.toMatchObject({
      code: 'dataset_unfit',
    });
    expect(fixture.registry.events.at(-1)).toMatchObject({ stage: 'train', kind: 'failed' });
  });
});

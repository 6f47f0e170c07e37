import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  driftSchema,
  goldenSchema,
  historySchema,
  signatureSchema,
  type Digest,
  type ManifestImage,
} from '@graft/contracts';
import { loadOnnxModel, preprocessImage, readSafetensors, writeSafetensors } from '@graft/models';
import { buildTrainProcess, createFixture, isRunning, RUN_ID, TRAIN, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';

const until = async (condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> => {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(20)) if (await condition()) return;
  throw new Error('what was waited for did not come');
};

const jobFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('graft-train-'));

/** Long enough to be interrupted. */
const LONG = { ...TRAIN, epochs: 5000, patience: 5000 };

describe('training in a process of its own', () => {
  let fixture: Fixture;
  let trainProcessPath: string;
  let images: ManifestImage[];
  let input: { runId: string; embedder: Digest; datasetVersion: Digest; train: typeof TRAIN };

  beforeAll(async () => {
    trainProcessPath = await buildTrainProcess();
    fixture = createFixture({ trainProcessPath });
    const { embed } = fixture.activities();
    const { embedder } = await embed.prepareEmbedder({ runId: RUN_ID, train: TRAIN });
    images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 5, val: 2, test: 2 } });
    const datasetVersion = await fixture.datasetVersion(images);
    const plan = await embed.planEmbedding({ runId: RUN_ID, embedder, datasetVersion });
    for (const chunk of plan.chunks) {
      await embed.embedChunk({ runId: RUN_ID, embedder, chunk });
    }
    input = { runId: RUN_ID, embedder, datasetVersion, train: TRAIN };
  }, 180_000);

  it('learns what the labels look like, and tells each epoch', async () => {
    const { head, history } = await fixture.activities().train.trainModel(input);
    const told = await readDocument(fixture.blobs, historySchema, history);
    expect(told).toMatchObject({ head, labels: [...LABELS], trainImages: 15, valImages: 6 });
    expect(told.runtime.tensorflow).toMatch(/tfjs-node.* \d+\.\d+/);
    expect(told.epochs.at(-1)?.loss).toBeLessThan(told.epochs[0]?.loss ?? 0);
    expect(told.epochs.find(({ epoch }) => epoch === told.bestEpoch)?.accuracy).toBeGreaterThan(0.6);
    const events = fixture.registry.events.filter(({ stage }) => stage === 'train');
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['started', 'progress', 'finished']));
    expect(events.find(({ kind }) => kind === 'progress')).toMatchObject({ total: TRAIN.epochs });
    const { tensors, metadata } = readSafetensors(await fixture.blobs.get(head));
    expect(tensors.get('weights')?.shape).toEqual([3, 1280]);
    expect(JSON.parse(metadata.get('labels') ?? '')).toEqual([...LABELS]);
  });

  it('gives the same head again after its process was killed', async () => {
    const undisturbed = await fixture.activities().train.trainModel(input);
    let killed = 0;
    const hooks = {
      onTrainingProcess: (pid: number) => {
        if (killed > 0) return;
        killed = pid;
        setTimeout(() => process.kill(pid, 'SIGKILL'), 300);
      },
    };
    const { train } = fixture.activities({ hooks });
    await expect(train.trainModel({ ...input, train: LONG })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(isRunning(killed)).toBe(false);
    expect(await train.trainModel(input)).toEqual(undisturbed);
  });

  it('kills its process and cleans up when it is cancelled', async () => {
    const before = await jobFolders();
    const controller = new AbortController();
    let pid = 0;
    const { train } = fixture.activities({
      signal: controller.signal,
      hooks: { onTrainingProcess: (id) => (pid = id) },
    });
    const running = train.trainModel({ ...input, train: LONG });
    running.catch(() => undefined);
    const seen = fixture.registry.events.length;
    await until(() =>
      fixture.registry.events.slice(seen).some(({ kind, step }) => kind === 'progress' && (step ?? 0) > 0),
    );
    controller.abort(new Error('asked to stop'));
    await expect(running).rejects.toThrow('asked to stop');
    await until(() => !isRunning(pid));
    expect(await jobFolders()).toEqual(before);
  });

  it('computes features that the cache lost, and warns of it', async () => {
    const undisturbed = await fixture.activities().train.trainModel(input);
    for await (const { key } of fixture.objects.list('activations/')) await fixture.objects.remove(key);
    expect(await fixture.activities().train.trainModel(input)).toEqual(undisturbed);
    expect(fixture.registry.events.at(-1)).toMatchObject({ stage: 'train', kind: 'finished' });
    expect(fixture.registry.events.filter(({ kind }) => kind === 'warning').at(-1)?.message).toContain('features of');
  });

  it('refuses a dataset that nothing can be learned from, and says what to do', async () => {
    const single = images.filter(({ label }) => label === 'down');
    const datasetVersion = await fixture.datasetVersion(single, ['down']);
    await expect(fixture.activities().train.trainModel({ ...input, datasetVersion })).rejects.toMatchObject({
      code: 'dataset_unfit',
    });
    expect(fixture.registry.events.at(-1)).toMatchObject({ stage: 'train', kind: 'failed' });
  });

  it('exports a model that gives what the trained form gives, with golden outputs that hold', async () => {
    const { head } = await fixture.activities().train.trainModel(input);
    const { runId, embedder, datasetVersion } = input;
    const exporting = { runId, embedder, datasetVersion, head, model: 'shapes' };
    const exported = await fixture.activities().train.exportModel(exporting);
    expect(await fixture.activities().train.exportModel(exporting)).toEqual(exported);
    expect(exported.model).toMatchObject({ kind: 'model', variant: 'fp32' });

    const signature = await readDocument(fixture.blobs, signatureSchema, exported.signature);
    expect(signature.labels).toEqual([...LABELS]);
    const golden = await readDocument(fixture.blobs, goldenSchema, exported.golden.digest);
    expect(golden.artifactDigest).toBe(exported.model.digest);
    expect(golden.cases).toHaveLength(8);
    const held = new Map(images.map(({ sha256, split, label }) => [sha256, { split, label }]));
    expect(golden.cases.every(({ sha256 }) => held.get(sha256)?.split !== 'train')).toBe(true);
    expect(new Set(golden.cases.map(({ sha256 }) => held.get(sha256)?.label)).size).toBe(3);

    const runtime = await loadOnnxModel(await fixture.blobs.get(exported.model.digest));
    for (const { sha256, probabilities } of golden.cases) {
      const input = await preprocessImage(await fixture.blobs.get(sha256), signature.preprocessing);
      const { probabilities: found = new Float32Array() } = await runtime.run(input, 1);
      probabilities.forEach((expected, index) => expect(found[index]).toBeCloseTo(expected, 5));
    }
    await runtime.dispose();
    const finished = fixture.registry.events.findLast(({ stage, kind }) => stage === 'export' && kind === 'finished');
    expect(finished?.data?.['largestDifference']).toBeLessThan(1e-3);
  });

  it('refuses to export a head that does not fit the embedder', async () => {
    const head = await fixture.blobs.put(
      writeSafetensors(
        new Map([
          ['weights', { shape: [3, 4], dtype: 'F32' as const, data: new Float32Array(12) }],
          ['bias', { shape: [3], dtype: 'F32' as const, data: new Float32Array(3) }],
        ]),
        { labels: JSON.stringify(LABELS) },
      ),
    );
    const { runId, embedder, datasetVersion } = input;
    const exporting = { runId, embedder, datasetVersion, head, model: 'shapes' };
    await expect(fixture.activities().train.exportModel(exporting)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('measures drift of what is new against what the champion learned from', async () => {
    const more = await createSyntheticDataset({
      blobs: fixture.blobs,
      perSplit: { train: 4, val: 0, test: 0 },
      firstSeed: 70,
    });
    const grown = await fixture.datasetVersion([...images, ...more]);
    const measuring = {
      runId: RUN_ID,
      embedder: input.embedder,
      datasetVersion: grown,
      reference: input.datasetVersion,
    };
    const measured = await fixture.activities().train.measureDrift(measuring);
    const drift = await readDocument(fixture.blobs, driftSchema, measured.drift);
    expect(drift).toMatchObject({
      reference: input.datasetVersion,
      current: grown,
      newImages: 12,
      referenceImages: 15,
    });
    expect(await fixture.activities().train.measureDrift(measuring)).toEqual(measured);
  });
});

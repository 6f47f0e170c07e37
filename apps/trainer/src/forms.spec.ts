/** The forms of a model that are made from another: quantized, pruned and trained again. */
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  evaluationSchema,
  goldenSchema,
  pipelineGateSchema,
  pipelineTrainSchema,
  toAppError,
  trainingPlanSchema,
  type Digest,
  type ExportedForm,
  type ExportedModel,
  type TrainModelInput,
} from '@graft/contracts';
import { buildTrainProcess, createFixture, isRunning, RUN_ID, type Fixture } from './testing/fixture.js';
import { createSyntheticDataset } from './testing/synthetic-images.js';

// Weights are put as a CPU with VNNI has them; one without takes ten times as long for each of its runs.
jest.setTimeout(400_000);

/** Small enough to train whole. */
const TRAIN = pipelineTrainSchema.parse({ inputSize: 64, epochs: 4, batchSize: 8, learningRate: 0.002, seed: 3 });

describe('a form made from another', () => {
  let fixture: Fixture;
  let input: TrainModelInput;
  let trained: { trained: Digest; history: Digest };
  let exported: ExportedModel;

  beforeAll(async () => {
    fixture = createFixture({ trainProcessPath: await buildTrainProcess(), cpuClass: 'avx512-vnni' });
    const images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 8, val: 2, test: 4 } });
    input = await fixture.prepare({ images, train: TRAIN });
    const { train } = fixture.activities();
    trained = await train.trainModel(input);
    exported = await train.exportModel({ ...input, ...trained, model: 'shapes', variant: 'fp32' });
  }, 400_000);

  const evaluate = async (form: ExportedForm, original: ExportedForm | null) => {
    const { report, artifacts } = await fixture.activities().evaluate.evaluateModel({
      runId: RUN_ID,
      modelName: 'shapes',
      model: form.model,
      original: original?.model ?? null,
      signature: form.signature,
      datasetVersion: input.datasetVersion,
      gate: pipelineGateSchema.parse({ minTestImages: 1, margin: 0.9 }),
      champion: null,
    });
    return { evaluation: await readDocument(fixture.blobs, evaluationSchema, report), artifacts };
  };
  const factsOf = (stage: string) =>
    fixture.registry.events.findLast((event) => event.stage === stage && event.kind === 'finished')?.data;

  it('is a quarter of the bytes in eight bits, and is judged beside what it was made from', async () => {
    const { runId, datasetVersion } = input;
    const { model, signature } = exported;
    const quantize = () =>
      fixture.activities().train.quantizeModel({ runId, model, signature, datasetVersion, variant: 'int8' });
    const form = await quantize();
    expect(await quantize()).toEqual(form);
    expect(form).toMatchObject({ model: { variant: 'int8' }, golden: { variant: 'int8' }, signature });
    expect(form.model.sizeBytes).toBeLessThan(0.3 * model.sizeBytes);
    expect(factsOf('quantize')).toMatchObject({ variant: 'int8', from: 'fp32', weightBits: 8 });
    const golden = await readDocument(fixture.blobs, goldenSchema, form.golden.digest);
    expect(golden.artifactDigest).toBe(form.model.digest);
    expect(golden.cases).toHaveLength(8);

    const { evaluation, artifacts } = await evaluate(form, exported);
    expect(evaluation).toMatchObject({
      variant: 'int8',
      artifactDigest: form.model.digest,
      original: { variant: 'fp32', artifactDigest: model.digest, sizeBytes: model.sizeBytes, paired: { images: 12 } },
    });
    expect(evaluation.gate.checks.map(({ name }) => name)).toContain('not-worse-than-fp32');
    expect(artifacts.map(({ kind, variant }) => [kind, variant])).toEqual([
      ['evaluation', 'int8'],
      ['predictions', 'int8'],
    ]);
    expect((await evaluate(exported, null)).evaluation).toMatchObject({ variant: 'fp32', original: null });
  });

  it('has less channels where it is pruned, and learns again, however often it is killed', async () => {
    const { blobs } = fixture;
    const { train } = fixture.activities();
    const prune = (macsShare: number) => train.planPruning({ ...input, ...trained, macsShare });
    const { plan } = await prune(0.6);
    expect(await prune(0.6)).toEqual({ plan });
    const recovery = await readDocument(blobs, trainingPlanSchema, plan);
    const before = await readDocument(blobs, trainingPlanSchema, input.plan);
    expect(recovery).toMatchObject({ strategy: 'full', learnsFromActivations: false, frozenParameters: 0 });
    expect(recovery.pruning?.macsShare).toBeGreaterThan(0.55);
    expect(recovery.pruning?.macsShare).toBeLessThanOrEqual(0.6);
    expect(recovery.trainedParameters).toBeLessThan(0.9 * (before.trainedParameters + before.frozenParameters));

    const recovering = { ...input, plan };
    const recovered = await train.trainModel(recovering);
    const form = await train.exportModel({ ...recovering, ...recovered, model: 'shapes', variant: 'pruned60' });
    expect(form.model.variant).toBe('pruned60');
    expect(form.model.sizeBytes).toBeLessThan(0.9 * exported.model.sizeBytes);
    expect(form.signature).toBe(exported.signature);
    expect(
      fixture.registry.events.filter(({ stage, kind }) => stage === 'prune' && kind === 'progress').length,
    ).toBeGreaterThan(0);
    expect(factsOf('prune')).toMatchObject({ asked: 0.6, parameters: recovery.trainedParameters });
    expect(factsOf('recover')).toMatchObject({ strategy: 'full' });
    expect((await evaluate(form, exported)).evaluation.original).toMatchObject({ variant: 'fp32' });
    await expect(prune(0.1)).rejects.toMatchObject({ code: 'invalid_request' });

    // Killed at any moment, and tried again as Temporal does, both end in the same bytes.
    let kills = 2;
    const onTrainingProcess = (pid: number): void => {
      if (kills-- > 0) setTimeout(() => isRunning(pid) && process.kill(pid, 'SIGKILL'), Math.random() * 6_000);
    };
    const killed = fixture.activities({ hooks: { onTrainingProcess } }).train;
    const again = async <T>(work: () => Promise<T>): Promise<T> => {
      for (;;)
        try {
          return await work();
        } catch (thrown) {
          if (toAppError(thrown).code !== 'internal') throw thrown;
        }
    };
    expect(await again(() => killed.planPruning({ ...input, ...trained, macsShare: 0.6 }))).toEqual({ plan });
    kills = 2;
    expect(await again(() => killed.trainModel(recovering))).toEqual(recovered);
  }, 400_000);
});

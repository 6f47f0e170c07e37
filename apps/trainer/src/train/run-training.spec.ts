import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, toAppError } from '@graft/contracts';
import { readSafetensors } from '@graft/models';
import { createLogger } from '@graft/platform';
import { buildTrainProcess, isRunning } from '../testing/fixture.js';
import { writeHeadJob, writeScratchJob } from '../testing/training-job.js';
import { runTrainingProcess, type TrainingProcessOptions } from './run-training.js';
import { superviseTraining } from './supervise-training.js';
import { checkpointFile, JOB_FILES, trainingOutcomeSchema, type TrainingNews } from './training-protocol.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folders: string[] = [];

const createFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-job-'));
  folders.push(folder);
  return folder;
};

const gone = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    () => true,
  );

const digestOf = async (folder: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(join(folder, JOB_FILES.trained)))
    .digest('hex');

describe('the training process', () => {
  let programPath: string;
  beforeAll(async () => {
    programPath = await buildTrainProcess();
  });
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  const options = (folder: string, more: Partial<TrainingProcessOptions> = {}): TrainingProcessOptions => ({
    programPath,
    folder,
    fromStep: null,
    heapMib: 256,
    memoryMib: 4096,
    signal: new AbortController().signal,
    logger,
    onNews: () => undefined,
    ...more,
  });
  const supervise = (
    folder: string,
    more: Partial<TrainingProcessOptions> = {},
    onRestart: (message: string) => void = () => undefined,
  ): Promise<void> => superviseTraining({ ...options(folder, more), onRestart });
  /** Kills each process as soon as it has told of a checkpoint, `times` times. */
  const killAtCheckpoints = (times: number): Pick<TrainingProcessOptions, 'onNews' | 'onSpawn'> => {
    let [pid, left] = [0, times];
    return {
      onSpawn: (id) => (pid = id),
      onNews: ({ type }) => {
        if (type !== 'checkpoint' || left === 0) return;
        left -= 1;
        process.kill(pid, 'SIGKILL');
      },
    };
  };

  it('tells how it goes, leaves what it learned, and ends', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder);
    const news: TrainingNews[] = [];
    expect(await runTrainingProcess(options(folder, { onNews: (each) => news.push(each) }))).toEqual({ kind: 'done' });
    const epochs = news.flatMap((each) => (each.type === 'epoch' ? [each.epoch] : []));
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(news.find(({ type }) => type === 'step')).toMatchObject({ steps: 12, imagesPerSecond: expect.any(Number) });
    const outcome = trainingOutcomeSchema.parse(JSON.parse(await readFile(join(folder, JOB_FILES.outcome), 'utf8')));
    expect(outcome).toMatchObject({ stoppedBy: 'epochs', precision: 'float32', microBatch: 4 });
    expect(outcome.comparisonLogits.map((logits) => logits.length)).toEqual([2, 2]);
    const { tensors, metadata } = readSafetensors(await readFile(join(folder, JOB_FILES.trained)));
    expect([...tensors.values()].map(({ shape }) => shape)).toEqual(expect.arrayContaining([[2], [2, 1024]]));
    expect(metadata.get('schemaVersion')).toBe('trained.v1');
    expect(metadata.get('labels')).toBe('["a","b"]');
    expect(metadata.get('tensorflow')).toMatch(/tfjs-node/);
  });

  it('ends in the same bytes wherever it was killed: a classifier on vectors', async () => {
    const [undisturbed, disturbed] = [await createFolder(), await createFolder()];
    await writeHeadJob(undisturbed);
    await writeHeadJob(disturbed);
    await supervise(undisturbed);
    const restarts: string[] = [];
    await supervise(disturbed, killAtCheckpoints(3), (message) => restarts.push(message));
    expect(restarts).toHaveLength(3);
    expect(restarts[0]).toMatch(/killed by SIGKILL.*goes on from step \d+/s);
    expect(await digestOf(disturbed)).toBe(await digestOf(undisturbed));
    expect(await readFile(join(disturbed, JOB_FILES.outcome), 'utf8')).toBe(
      await readFile(join(undisturbed, JOB_FILES.outcome), 'utf8'),
    );
  });

  it('ends in the same bytes wherever it was killed: a network from scratch, on random views of images', async () => {
    const [undisturbed, disturbed] = [await createFolder(), await createFolder()];
    await writeScratchJob(undisturbed);
    await writeScratchJob(disturbed);
    await supervise(undisturbed);
    await supervise(disturbed, killAtCheckpoints(1));
    expect(await digestOf(disturbed)).toBe(await digestOf(undisturbed));
  });

  it('gives up when it dies twice without getting further', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder);
    const pids: number[] = [];
    const onSpawn = (pid: number): void => {
      pids.push(pid);
      process.kill(pid, 'SIGKILL');
    };
    await expect(supervise(folder, { onSpawn })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('died 2 times'),
    });
    expect(pids).toHaveLength(2);
    expect(pids.some(isRunning)).toBe(false);
  });

  it('begins anew, and says so, where the checkpoint is of another training or no checkpoint at all', async () => {
    const [undisturbed, foreign, other] = [await createFolder(), await createFolder(), await createFolder()];
    await writeHeadJob(undisturbed);
    await supervise(undisturbed);
    await writeHeadJob(other, { seed: 2 });
    await supervise(other, { ...killAtCheckpoints(1) });
    for (const bytes of [await readFile(join(other, checkpointFile(1))), Buffer.from('nothing')]) {
      await writeHeadJob(foreign);
      await writeFile(join(foreign, checkpointFile(3)), bytes);
      const warnings: string[] = [];
      await runTrainingProcess(
        options(foreign, {
          fromStep: 3,
          onNews: (news) => (news.type === 'warning' ? warnings.push(news.message) : undefined),
        }),
      );
      expect(warnings).toEqual([expect.stringContaining('begins anew')]);
      expect(await digestOf(foreign)).toBe(await digestOf(undisturbed));
    }
  });

  it('says what was wrong with its job', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder);
    await truncate(join(folder, 'train'), 100);
    await expect(runTrainingProcess(options(folder))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('names the image that can not be read', async () => {
    const folder = await createFolder();
    const { train } = await writeScratchJob(folder);
    const [image = ''] = train.kind === 'images' ? train.images : [];
    await truncate(join(folder, JOB_FILES.images, image), 200);
    await expect(runTrainingProcess(options(folder))).rejects.toMatchObject({
      code: 'image_unfit',
      message: expect.stringContaining(image),
    });
  });

  it('is stopped when it takes more memory than it may', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder, { epochs: 5_000, patience: 5_000 });
    let pid = 0;
    await expect(
      runTrainingProcess(options(folder, { memoryMib: 60, onSpawn: (id) => (pid = id) })),
    ).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/the 60 MiB.*train\.batchSize.*smaller backbone/),
    });
    expect(isRunning(pid)).toBe(false);
  });

  it('gets no key to any server, and keeps what is temporary in its folder', async () => {
    const folder = await createFolder();
    const program = join(folder, 'tell.mjs');
    const told = 'JSON.stringify([Object.keys(process.env), process.env.TMPDIR])';
    await writeFile(program, `process.send({ type: 'failed', code: 'refused', message: ${told}, details: {} })`);
    const secrets = ['GRAFT_S3_SECRET_KEY', 'GRAFT_S3_ACCESS_KEY', 'GRAFT_REGISTRY_TOKEN', 'HF_TOKEN'];
    secrets.forEach((name) => (process.env[name] = 'secret'));
    try {
      const failure = await runTrainingProcess(options(folder, { programPath: program })).catch(toAppError);
      const [names, temporary] = JSON.parse(failure instanceof AppError ? failure.message : '[]') as [string[], string];
      expect(names).toContain('PATH');
      expect(names.filter((name) => secrets.includes(name))).toEqual([]);
      expect(temporary).toBe(folder);
    } finally {
      secrets.forEach((name) => delete process.env[name]);
    }
  });

  it('says why a program that can not start did not', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder);
    expect(await runTrainingProcess(options(folder, { programPath: `${programPath}.missing` }))).toMatchObject({
      kind: 'died',
      how: expect.stringContaining('exited with code 1'),
    });
  });

  it('ends, and removes its folder, when its parent is killed', async () => {
    const folder = await createFolder();
    await writeHeadJob(folder, { epochs: 10_000, patience: 10_000 });
    const script = `
      import { fork } from 'node:child_process';
      const child = fork(${JSON.stringify(programPath)}, [${JSON.stringify(folder)}], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      child.once('message', () => console.log(child.pid));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let pid = 0;
    for await (const line of createInterface({ input: parent.stdout })) {
      pid = Number(line);
      break;
    }
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    for (const end = Date.now() + 10_000; Date.now() < end && isRunning(pid);) await sleep(20);
    expect(isRunning(pid)).toBe(false);
    expect(await gone(folder)).toBe(true);
  });
});

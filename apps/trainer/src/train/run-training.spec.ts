import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeSafetensors, type CheckpointTensor } from '@graft/models';
import { createLogger } from '@graft/platform';
import { buildTrainProcess, isRunning, TRAIN } from '../testing/fixture.js';
import { runTrainingProcess } from './run-training.js';
import { FEATURE_TENSORS, JOB_FILES, type TrainingJob } from './training-protocol.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const signal = new AbortController().signal;

const folders: string[] = [];

const createJob = async (epochs: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-job-'));
  folders.push(folder);
  const job: TrainingJob = { config: { ...TRAIN, epochs, patience: epochs }, featureLength: 2, classes: 2 };
  const rows = (count: number): [CheckpointTensor, CheckpointTensor] => [
    {
      shape: [count, 2],
      dtype: 'F32',
      data: Float32Array.from({ length: 2 * count }, (_, index) => (index % 4 < 2 ? 1 : -1)),
    },
    { shape: [count], dtype: 'I32', data: Int32Array.from({ length: count }, (_, index) => index % 2) },
  ];
  const [[trainFeatures, trainLabels], [valFeatures, valLabels]] = [rows(8), rows(4)];
  await writeFile(
    join(folder, JOB_FILES.features),
    writeSafetensors(
      new Map([
        [FEATURE_TENSORS.trainFeatures, trainFeatures],
        [FEATURE_TENSORS.trainLabels, trainLabels],
        [FEATURE_TENSORS.valFeatures, valFeatures],
        [FEATURE_TENSORS.valLabels, valLabels],
      ]),
    ),
  );
  await writeFile(join(folder, JOB_FILES.job), JSON.stringify(job));
  return folder;
};

const gone = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    () => true,
  );

describe('the training process', () => {
  let programPath: string;
  beforeAll(async () => {
    programPath = await buildTrainProcess();
  });

  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  it('tells its epochs in order and ends', async () => {
    const epochs: number[] = [];
    const folder = await createJob(5);
    await runTrainingProcess({
      programPath,
      folder,
      heapMib: 256,
      signal,
      logger,
      onEpoch: ({ epoch }) => epochs.push(epoch),
    });
    expect(epochs).toEqual([1, 2, 3, 4, 5]);
  });

  it('says what was wrong with its job', async () => {
    const folder = await createJob(1);
    await writeFile(join(folder, JOB_FILES.features), 'nothing that can be read');
    await expect(
      runTrainingProcess({ programPath, folder, heapMib: 256, signal, logger, onEpoch: () => undefined }),
    ).rejects.toMatchObject({ code: 'checkpoint_unfit' });
  });

  it('says why a program that can not start did not', async () => {
    const folder = await createJob(1);
    await expect(
      runTrainingProcess({
        programPath: `${programPath}.missing`,
        folder,
        heapMib: 256,
        signal,
        logger,
        onEpoch: () => undefined,
      }),
    ).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('exited with code 1') });
  });

  it('ends, and removes its folder, when its parent is killed', async () => {
    const folder = await createJob(10_000);
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

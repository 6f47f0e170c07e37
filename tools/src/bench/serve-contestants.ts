/** Who serves in the bench `serve`, and the load on them. Every server, and every load, is a process of its own. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import { makeFolder } from '../system/folders.js';
import { pickPort } from '../system/ports.js';
import { sleep } from '../system/processes.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import { quantileOf, type Contestant } from './take-turns.js';

export const BACKBONE = 'efficientnet_lite0.in1k';
export const NETWORK = 'efficientnet_lite0';

const START_MS = 60_000;

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

/** @param options.model the ONNX file; @param options.folder for what it keeps */
export const startOurs = async (
  name: string,
  { model, files, folder }: { model: string; files: readonly string[]; folder: string },
): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: process.execPath,
    args: [
      inRepository('dist/apps/serving/serve-bench-process.js'),
      JSON.stringify({ model, backbone: BACKBONE, files: files.slice(0, 2), folder: await makeFolder(folder) }),
    ],
  });

/** @param ours what says how pixels are made */
export const startFastapi = async (
  name: string,
  python: ReferencePython,
  { model, ours }: { model: string; ours: LineWorker },
): Promise<LineWorker> => {
  const asked = { model, port: await pickPort(), ...replicaOf(ours).preprocessing };
  const worker = await startLineWorker({
    ...{ name, command: python.command, env: python.env },
    args: [inRepository('tools/bench/peers/fastapi_serve.py'), JSON.stringify(asked)],
  });
  const deadline = Date.now() + START_MS;
  while (!(await answers(addressOf(worker).url))) {
    if (Date.now() > deadline) throw new AppError('timeout', `${name} does not listen`);
    await sleep(50);
  }
  return worker;
};

const addressSchema = z.object({ url: z.string(), pid: z.int() });
export const addressOf = ({ about }: LineWorker) => addressSchema.parse(about);

const replicaSchema = addressSchema.extend({
  infer: z.string(),
  input: z.string(),
  preprocessing: z.looseObject({ inputSize: z.int() }),
});
/** What a replica of ours says of itself, more than a peer does. */
export const replicaOf = ({ about }: LineWorker) => replicaSchema.parse(about);

export interface LoadOptions {
  /** Bodies, in turn. */
  readonly files: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly clients: number;
  readonly requests: number;
  /** Requests a second of `save`, whatever comes back; absent: `save` tells of the last round. */
  readonly rate?: number;
  readonly seconds?: number;
}

/** @param name of the contestant whose load it is */
export const startLoad = (name: string, url: string, options: LoadOptions): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: process.execPath,
    args: [inRepository('dist/apps/serving/load-bench-process.js'), JSON.stringify({ url, ...options })],
  });

/** ONNX Runtime alone, in Node, on tensors that lie ready. */
export const startRuntime = (
  name: string,
  work: { model: string; inputs: string; batch: number; images: number },
): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: process.execPath,
    args: [inRepository('dist/apps/trainer/model-bench-process.js'), JSON.stringify(work)],
  });

const TENSOR_BATCH = 8;

/** A request of the binary tensor data extension, of eight images, as a file. */
export const writeTensorRequest = async (
  folder: string,
  ours: LineWorker,
): Promise<{ files: string[]; headers: Record<string, string>; images: number }> => {
  const { input: name, preprocessing } = replicaOf(ours);
  const { inputSize } = preprocessing;
  const bytes = TENSOR_BATCH * 3 * inputSize * inputSize * 4;
  const inputs = (await readFile(join(folder, 'inputs.f32'))).subarray(0, bytes);
  const head = JSON.stringify({
    inputs: [
      {
        ...{ name, shape: [TENSOR_BATCH, 3, inputSize, inputSize], datatype: 'FP32' },
        parameters: { binary_data_size: bytes },
      },
    ],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  });
  const path = join(folder, 'tensors.bin');
  await writeFile(path, Buffer.concat([Buffer.from(head), inputs]));
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': `${Buffer.byteLength(head)}`,
  };
  return { files: [path], headers, images: TENSOR_BATCH };
};

const outcomesSchema = z.array(z.object({ status: z.int(), ms: z.number() }));

/** What came back when requests came at a rate. */
export const sendAtRate = async (load: LineWorker, folder: string): Promise<z.output<typeof outcomesSchema>> => {
  const path = join(folder, 'outcomes.json');
  await load.save(path);
  return outcomesSchema.parse(JSON.parse(await readFile(path, 'utf8')));
};

/** Resident memory of a process, MiB: now, and at its most. */
export const memoryOf = async (pid: number): Promise<{ now: number; most: number }> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return { now: kib('VmRSS') / 1024, most: kib('VmHWM') / 1024 };
};

const latenciesSchema = z.array(z.number());

/** Requests a second; and the 99th percentile of a round's milliseconds, kept in `p99s`, the warm-up's too. */
export const loaded = (
  load: LineWorker,
  { folder, p99s }: { folder: string; p99s: Map<string, number[]> },
): Contestant => ({
  name: load.name,
  round: async () => {
    const round = await load.round();
    const path = join(folder, 'latencies.json');
    await load.save(path);
    const latencies = latenciesSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    p99s.set(load.name, [...(p99s.get(load.name) ?? []), quantileOf(latencies, 0.99)]);
    return round;
  },
});

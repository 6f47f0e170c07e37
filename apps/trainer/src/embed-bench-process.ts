/**
 * The trainer's embedding as a contestant of the bench `embed`: the same code as embedChunk, over a content store and a
 * cache on the local disk. One JSON object a line over standard input and output.
 *
 *   node embed-bench-process.js FILES.json [CALIBRATION.json]
 *
 * With the second it is the embedder in eight bits, calibrated on those files before the clock starts: a pipeline does that
 * once in its life.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createContentStore, createFilesystemStore } from '@graft/artifacts';
import type { Digest, Embedder, FeatureMatrix } from '@graft/contracts';
import {
  buildEmbedder,
  decodeOnnx,
  encodeOnnx,
  findBackbone,
  loadOnnxModel,
  onnxruntimeVersion,
  readCheckpoint,
  resolveWeights,
  DEFAULT_BATCH_SIZE,
} from '@graft/models';
import { createLogger, detectCpuClass, graftPaths } from '@graft/platform';
import { createActivationCache } from './activation-cache/activation-cache.js';
import { activationKeyDigest, activationKeyOf, storageOf } from './activation-cache/activation-key.js';
import { sha256Of } from './activation-cache/shard.js';
import { defaultThreads } from './dependencies.js';
import { embedImages } from './embed/embed-images.js';
import { weightBitsOf } from './quantize/weight-bits.js';
import { quantizeOnFiles } from './quantize-files.js';

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const folder = mkdtempSync(join(tmpdir(), 'graft-bench-embed-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const backbone = findBackbone('efficientnet_lite0');
const weights = await resolveWeights(backbone.weights, {
  cacheDir: graftPaths().cacheDir,
  expectedDigest: backbone.weightsDigest,
});
const { preprocessing } = backbone;
const built = buildEmbedder({ backbone, checkpoint: readCheckpoint(await readFile(weights.path)) });
const { cut, featureLength } = built;
const listOfFiles = async (path: string): Promise<string[]> => JSON.parse(await readFile(path, 'utf8')) as string[];
const [, , filesPath = '', calibrationPath] = process.argv;
const quantized =
  calibrationPath === undefined
    ? null
    : await quantizeOnFiles(decodeOnnx(built.onnx), { files: await listOfFiles(calibrationPath), preprocessing });
const onnx = quantized === null ? built.onnx : encodeOnnx(quantized.model);
const machine = { onnxruntimeVersion: onnxruntimeVersion(), executionProvider: 'cpu', cpuClass: detectCpuClass() };
const embedder: Embedder = {
  schemaVersion: 'embedder.v1',
  backbone: backbone.name,
  weightsDigest: weights.digest,
  onnxDigest: sha256Of(onnx),
  ...(quantized === null
    ? ({ precision: 'fp32', weightBits: 32 } as const)
    : ({ precision: 'int8', weightBits: weightBitsOf(machine.cpuClass) } as const)),
  cut,
  featureLength,
  preprocessing,
};
const runtime = await loadOnnxModel(onnx, { threads: defaultThreads(), spinning: false });

const blobs = createContentStore(createFilesystemStore(join(folder, 'content')));
const images: Digest[] = [];
for (const path of await listOfFiles(filesPath)) images.push(await blobs.put(await readFile(path)));

let rounds = 0;
let last: FeatureMatrix | null = null;

/** Every round starts from an empty cache, and ends with the features in it. */
const runRound = async (): Promise<number> => {
  const cache = createActivationCache({
    objects: createFilesystemStore(join(folder, `round-${(rounds += 1)}`)),
    key: activationKeyDigest(activationKeyOf(embedder, machine)),
    length: featureLength,
    storage: storageOf(embedder),
    logger: createLogger({ service: 'bench' }),
  });
  last = await embedImages({ images, embedder, runtime, blobs });
  await cache.put(last);
  return images.length;
};

say({
  ready: true,
  about: {
    ...{ onnxruntime: machine.onnxruntimeVersion, threads: defaultThreads(), batch: DEFAULT_BATCH_SIZE },
    ...(quantized === null ? {} : { method: quantized.method, error: quantized.error, inFloat: quantized.inFloat }),
  },
});
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { save?: string };
  if (request.save !== undefined) {
    await writeFile(request.save, new Uint8Array((last ?? { values: new Float32Array() }).values.buffer));
    say({ saved: true });
    continue;
  }
  const startedMs = performance.now();
  const units = await runRound();
  say({ seconds: (performance.now() - startedMs) / 1000, units });
}
await runtime.dispose();
process.exit(0);

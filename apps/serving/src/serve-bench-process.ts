/**
 * A replica as a contestant of the bench `serve`: it serves one model from a folder, without a registry. Says where in one line of JSON,
 * and ends with its standard input.
 *
 *   node serve-bench-process.js '{"model":"fp32.onnx","backbone":"efficientnet_lite0.in1k","files":["one.jpg"],"folder":"…"}'
 *
 * `files`: images that its golden outputs are of. `folder`: for what it keeps.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { createContentStore, createFilesystemStore } from '@graft/artifacts';
import { digestOfBytes, goldenSchema, toCanonicalDocument, type ModelVersion } from '@graft/contracts';
import { findBackbone, loadOnnxModel, preprocessImage } from '@graft/models';
import { createLogger, detectCpuClass } from '@graft/platform';
import { z } from 'zod';
import { servingEnvironmentSchema } from './environment.js';
import { PROBABILITIES } from './models/check-golden.js';
import { startServing, type ServingRegistry } from './start-serving.js';

const { model, backbone, files, folder } = z
  .object({ model: z.string(), backbone: z.string(), files: z.array(z.string()).min(1), folder: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const NAME = 'bench';
const { preprocessing } = findBackbone(backbone);
const side = preprocessing.inputSize;
const cpuClass = detectCpuClass();
const blobs = createContentStore(createFilesystemStore(join(folder, 'objects')));
const onnx = await readFile(model);
const artifactDigest = await blobs.put(onnx);
const runtime = await loadOnnxModel(onnx, { threads: 1 });
const { input } = runtime.signature;
const cases = [];
for (const file of files) {
  const bytes = await readFile(file);
  const { [PROBABILITIES]: probabilities = new Float32Array() } = await runtime.run(
    await preprocessImage(bytes, preprocessing),
    1,
  );
  cases.push({ sha256: await blobs.put(bytes), probabilities: [...probabilities] });
}
await runtime.dispose();
const classes = cases[0]?.probabilities.length ?? 0;
const golden = toCanonicalDocument(goldenSchema, {
  ...{ schemaVersion: 'golden.v1', artifactDigest, cpuClass, cases },
  tolerance: { sameClass: 1e-3, otherClass: 1e-2 },
});
const goldenDigest = await blobs.put(golden.bytes);

const AT = '2026-01-01T00:00:00Z';
const version = {
  signature: {
    input: { name: input.name, shape: [-1, 3, side, side], datatype: 'FP32' },
    outputs: [{ name: PROBABILITIES, shape: [-1, classes], datatype: 'FP32' }],
    labels: Array.from({ length: classes }, (_, at) => String(at)),
    preprocessing,
  },
  artifacts: [
    {
      kind: 'model',
      variant: 'fp32',
      digest: digestOfBytes(onnx),
      sizeBytes: onnx.length,
      mediaType: 'application/onnx',
    },
  ],
} as unknown as ModelVersion;
const target = { version: 1, variant: 'fp32', artifactDigest, goldenDigest };
const registry: ServingRegistry = {
  reportReplica: async () => ({
    epoch: 1,
    deployments: [
      {
        ...{ schemaVersion: 'deployment.v1', model: NAME, environment: 'production', epoch: 1, generation: 1 },
        ...{ role: 'champion', percent: 100, target, previous: null, at: AT },
      },
    ],
    preparations: [],
  }),
  removeReplica: async () => undefined,
  getModelVersion: async () => version,
  recordFeedback: async () => [],
  async *events({ signal }) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    yield* [];
  },
};

// What a replica has that nobody set up otherwise.
const env = servingEnvironmentSchema.parse({
  ...{ GRAFT_REGISTRY_URL: 'http://127.0.0.1:9', GRAFT_REGISTRY_TOKEN: 'bench', GRAFT_SERVING_PORT: '0' },
  ...{ GRAFT_S3_ENDPOINT: 'http://127.0.0.1:9', GRAFT_S3_ACCESS_KEY: 'bench', GRAFT_S3_SECRET_KEY: 'bench' },
});
const serving = await startServing({
  ...{ registry, blobs, cacheFolder: join(folder, 'cache'), host: '127.0.0.1', port: 0, environment: 'production' },
  ...{ replicaId: () => 'bench', leaseSeconds: env.GRAFT_LEASE_SECONDS, cpuClass, threads: env.GRAFT_SERVING_THREADS },
  batching: {
    maxBatch: env.GRAFT_SERVING_MAX_BATCH,
    maxDelayMs: env.GRAFT_SERVING_MAX_DELAY_MS,
    maxQueue: env.GRAFT_SERVING_MAX_QUEUE,
  },
  ...{ decoders: env.GRAFT_SERVING_DECODERS, deadlineMs: env.GRAFT_SERVING_DEADLINE_MS },
  ...{ maxImageBytes: env.GRAFT_SERVING_MAX_IMAGE_BYTES, token: 'bench' },
  logger: createLogger({ service: 'serving', level: 'error' }),
});
while (!(await fetch(`${serving.url}/v2/models/${NAME}/ready`)).ok)
  await new Promise((resolve) => setTimeout(resolve, 20));
const about = {
  url: `${serving.url}/v1/models/${NAME}:classify`,
  infer: `${serving.url}/v2/models/${NAME}/infer`,
  pid: process.pid,
  ...{ input: input.name, preprocessing },
};
process.stdout.write(`${JSON.stringify({ ready: true, about })}\n`);
for await (const _line of createInterface({ input: process.stdin }));
await serving.close();
process.exit(0);

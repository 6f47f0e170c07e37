/** What the bench `registry` asks for: a model with two approved versions, and ten thousand versions of others to search. */
import { digestOfText, type NewModelVersion } from '@graft/contracts';
import { createRegistryClient } from '@graft/registry-client';
import pLimit from 'p-limit';
import type { OnProgress } from '../system/cache-entry.js';
import { callServer, type HttpServer } from './registry-servers.js';

export const MODEL = 'bench';
export const MLFLOW = '/api/2.0/mlflow';

const digest = digestOfText;
const preprocessing: NewModelVersion['signature']['preprocessing'] = {
  schemaVersion: 'preprocessing.v1',
  ...{ inputSize: 224, cropShare: 0.875, interpolation: 'bicubic', mean: [127, 127, 127], std: [128, 128, 128] },
};
const accuracy = { value: 0.95, lower: 0.91, upper: 0.97, n: 153 };

/** A version such as a run registers. Its objects are nowhere: a registry keeps their digests. */
export const newVersion = (
  seed: string,
  lineage: Pick<NewModelVersion['lineage'], 'runId' | 'pipeline' | 'pipelineDigest' | 'trainDigest' | 'datasetVersion'>,
  labels: readonly string[] = ['ants', 'bees'],
): NewModelVersion => ({
  signature: {
    input: { name: 'input', shape: [-1, 3, 224, 224], datatype: 'FP32' },
    outputs: [{ name: 'probabilities', shape: [-1, labels.length], datatype: 'FP32' }],
    ...{ labels: [...labels], preprocessing },
  },
  artifacts: [
    { kind: 'model', variant: 'fp32', digest: digest(`model ${seed}`), sizeBytes: 1000, mediaType: 'application/onnx' },
    { kind: 'golden', variant: '', digest: digest(`golden ${seed}`), sizeBytes: 100, mediaType: 'application/json' },
  ],
  lineage: {
    ...lineage,
    embedder: {
      schemaVersion: 'embedder.v1',
      ...{ backbone: 'efficientnet_lite0.in1k', weightsDigest: digest('weights'), onnxDigest: digest('embedder') },
      ...{ cut: 'global_pool', precision: 'fp32', weightBits: 32, featureLength: 1280, preprocessing },
    },
    code: { graft: '0.1.0', commit: null },
    runtime: { tensorflow: '2.21.0', onnxruntime: '1.23.0', node: process.version, cpuClass: 'avx2' },
  },
  ...{ variant: 'fp32', variants: [], reportDigest: digest(`report ${seed}`), gateVerdict: 'pass', accuracy },
  ...{ accuracyBySource: { landing: accuracy }, autoPromote: false, requiredApprovals: 1, blocked: false },
});

/** Versions of `MODEL`, in ours and in the peer. */
export const ALIASABLE = 60;

const addExternal = (server: HttpServer, version: number): Promise<unknown> =>
  callServer(server, 'POST', `${MLFLOW}/model-versions/create`, { name: MODEL, source: `s3://elsewhere/${version}` });

/** `MODEL` in MLflow's own server. */
export const makeAliasable = async (server: HttpServer): Promise<void> => {
  await callServer(server, 'POST', `${MLFLOW}/registered-models/create`, { name: MODEL });
  for (let version = 1; version <= ALIASABLE; version++) await addExternal(server, version);
};

/** `MODEL` in ours. @returns the versions of it that may be promoted: two, made and approved here; the others are kept for clients. */
export const makeVersions = async (server: HttpServer): Promise<readonly [number, number]> => {
  const registry = createRegistryClient({ url: server.url, token: server.token ?? '' });
  const pipeline = await registry.applyPipeline(
    `schemaVersion: pipeline.v1\nname: ${MODEL}\ndata:\n  dataset: ${MODEL}-images\n`,
  );
  const dataset = await registry.createDatasetVersion({
    ...{ id: digest('images'), dataset: `${MODEL}-images`, parent: null, labels: ['ants', 'bees'] },
    ...{ images: 397, newImages: 397, bySplit: { train: 200, val: 44, test: 153 }, bySource: { landing: 397 } },
    ...{ quarantine: null, quarantined: 0, landingLog: null, ingestSeconds: 3 },
  });
  const make = async (attempt: number): Promise<number> => {
    const identity = {
      ...{ pipeline: MODEL, pipelineDigest: pipeline.digest, trainDigest: digest('train'), datasetVersion: dataset.id },
    };
    const run = await registry.createRun({ ...identity, attempt, workflowId: `retrain/${MODEL}/${attempt}` });
    const { version } = await registry.createModelVersion(
      MODEL,
      newVersion(`${attempt}`, { ...identity, runId: run.id }),
    );
    const { reportDigest, championGeneration } = await registry.getReview(MODEL, version);
    await registry.approve(MODEL, version, { reportDigest, championGeneration, reason: 'to be promoted by a bench' });
    return version;
  };
  const promotable = [await make(1), await make(2)] as const;
  for (let version = 3; version <= ALIASABLE; version++) await addExternal(server, version);
  return promotable;
};

export interface SearchSizes {
  readonly models: number;
  readonly versionsEach: number;
}

const MAKERS = 8;
export const nameOf = (model: number): string => `other-${`${model}`.padStart(4, '0')}`;
export const runOf = (model: number, version: number): string => `run-${model}-${version}`;

/** Models with versions as an MLflow client registers them, each with a run, a description and two tags. */
export const makeSearchable = async (
  server: HttpServer,
  { models, versionsEach }: SearchSizes,
  onProgress: OnProgress,
): Promise<void> => {
  const limit = pLimit(MAKERS);
  let made = 0;
  const fill = async (model: number): Promise<void> => {
    const name = nameOf(model);
    await callServer(server, 'POST', `${MLFLOW}/registered-models/create`, { name });
    for (let version = 1; version <= versionsEach; version++) {
      await callServer(server, 'POST', `${MLFLOW}/model-versions/create`, {
        ...{ name, source: `s3://elsewhere/${name}/${version}`, run_id: runOf(model, version) },
        description: `version ${version} of ${name}`,
        tags: [
          { key: 'owner', value: `team-${model % 10}` },
          { key: 'tier', value: version % 50 === 0 ? 'gold' : 'none' },
        ],
      });
      made += 1;
      if (made % 1000 === 0) onProgress(`${made} of ${models * versionsEach} versions made`);
    }
  };
  await Promise.all(Array.from({ length: models }, (_, model) => limit(() => fill(model))));
};

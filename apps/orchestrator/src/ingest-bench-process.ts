/**
 * Ingestion as a contestant of the bench `ingest`: the activities of the queue `ingest`, in the order in which the workflow
 * calls them and as many at a time as a worker runs, on real servers. One JSON object a line over standard input and output.
 *
 *   node ingest-bench-process.js PREFIX     round N makes a version of the dataset PREFIX-N
 *   node ingest-bench-process.js =DATASET   every round makes one of what is new in DATASET
 *
 * Servers are given by the environment, as to the orchestrator. `save` writes what the last round made and the most memory
 * that the process has held.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createContentStore } from '@graft/artifacts';
import { toAppError, type Digest } from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { createLogger, readEnvironment } from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import pLimit from 'p-limit';
import { createIngestActivities } from './activities/ingest/create-ingest-activities.js';
import { orchestratorEnvironmentSchema } from './environment.js';
import { openBucket } from './open-bucket.js';
import { createPictureThreads } from './pictures/picture-threads.js';

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const environment = readEnvironment(orchestratorEnvironmentSchema);
const objects = openBucket(environment, environment.GRAFT_ARTIFACTS_BUCKET);
const blobs = createContentStore(objects);
const registry = createRegistryClient({
  url: environment.GRAFT_REGISTRY_URL,
  token: environment.GRAFT_REGISTRY_TOKEN,
});
const activities = createIngestActivities({
  registry,
  landing: openBucket(environment, environment.GRAFT_LANDING_BUCKET),
  objects,
  blobs,
  describe: createPictureThreads(new URL('./picture-worker.js', import.meta.url)).describe,
  logger: createLogger({ service: 'bench', level: 'silent' }),
  scope: () => ({ signal: new AbortController().signal, scheduledMs: Date.now(), heartbeat: () => undefined }),
  now: () => new Date(),
});

/** As the workflow does it, less Temporal. */
const ingest = async (dataset: string): Promise<{ version: Digest; objects: number }> => {
  const plan = await activities.planIngest({ dataset });
  const limit = pLimit(environment.GRAFT_INGEST_CONCURRENCY);
  const inspected = await Promise.all(
    plan.chunks.map((chunk) => limit(() => activities.inspectChunk({ dataset, chunk }))),
  );
  const { datasetVersion } = await activities.completeIngest({ dataset, plan, inspected });
  if (datasetVersion === null) throw new Error(`no version of ${dataset}: ${plan.objects} objects were new`);
  return { version: datasetVersion, objects: plan.objects };
};

/** The most memory that this process has held, as the kernel counts it. */
const peakRssBytes = (): number =>
  1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

const [, , named = ''] = process.argv;
const datasetOf = (round: number): string => (named.startsWith('=') ? named.slice(1) : `${named}-${round}`);

const run = async (): Promise<void> => {
  let rounds = 0;
  let last: Digest | null = null;
  say({ ready: true, about: { chunks: environment.GRAFT_INGEST_CONCURRENCY } });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as { save?: string };
    if (request.save !== undefined) {
      const peak = peakRssBytes();
      const images = last === null ? [] : (await readDatasetVersion(blobs, last)).images;
      const pixels = images.map(({ pixelSha256 }) => pixelSha256).sort();
      await writeFile(request.save, JSON.stringify({ images: images.length, pixels, peakRssBytes: peak }));
      say({ saved: true });
      continue;
    }
    rounds += 1;
    await registry.putDataset(datasetOf(rounds), {});
    const startedMs = performance.now();
    const { version, objects: units } = await ingest(datasetOf(rounds));
    last = version;
    say({ seconds: (performance.now() - startedMs) / 1000, units });
  }
};

run().then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(`${toAppError(thrown).message}\n`);
    process.exit(1);
  },
);

/** Who ingests in the bench `ingest`, on which servers, and what each tells of its last round. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMinioStore, type ObjectStore } from '@graft/artifacts';
import { z } from 'zod';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import { destroyStack } from '../stack/stack-down.js';
import { stackUp } from '../stack/stack-up.js';
import type { OnProgress } from '../system/cache-entry.js';
import { startLineWorker, type LineWorker } from './line-worker.js';

export const OURS = 'graft ingest';
/** The same as ours, to see how far two identical contestants stray. */
export const CONTROL = `${OURS} (control)`;
export const PEER = 'pillow boto3';

export interface IngestServers {
  readonly landing: ObjectStore;
  /** Runs the ingest activities: see ingest-bench-process.ts of the orchestrator for what `named` says. */
  startOurs(name: string, named: string): Promise<LineWorker>;
  startPeer(python: ReferencePython, prefix: string): Promise<LineWorker>;
}

const HOUR_MS = 3_600_000;

/** A stack of the bench's own: the servers and the registry, without the orchestrator, which would ingest by itself. */
export const withIngestServers = async <T>(
  onProgress: OnProgress,
  act: (servers: IngestServers) => Promise<T>,
): Promise<T> => {
  const stack = `bench-${process.pid}`;
  try {
    const { environment, servers } = await stackUp({ name: stack, apps: ['registry'], onProgress });
    const env = { ...process.env, ...environment };
    return await act({
      landing: createMinioStore({ ...servers.s3, bucket: environment['GRAFT_LANDING_BUCKET'] ?? '' }),
      startOurs: (name, named) =>
        startLineWorker({
          name,
          command: process.execPath,
          args: [inRepository('dist/apps/orchestrator/ingest-bench-process.js'), named],
          env,
          timeoutMs: HOUR_MS,
        }),
      startPeer: (python, prefix) =>
        startLineWorker({
          name: PEER,
          command: python.command,
          args: [inRepository('tools/bench/peers/pillow_ingest.py'), prefix],
          env: { ...env, ...python.env, ...environment },
          timeoutMs: HOUR_MS,
        }),
    });
  } finally {
    await destroyStack(stack);
  }
};

const outcomeSchema = z.object({
  images: z.int().min(1),
  /** Digests of the pixels of all images of the version, in ascending order. */
  pixels: z.array(z.string()),
  peakRssBytes: z.number().optional(),
});
export type IngestOutcome = z.infer<typeof outcomeSchema>;

export const outcomeOf = async (worker: LineWorker, folder: string): Promise<IngestOutcome> => {
  const path = join(folder, 'outcome.json');
  await worker.save(path);
  return outcomeSchema.parse(JSON.parse(await readFile(path, 'utf8')));
};

/** A replica as a child process: the same program, told that it is one, which says where it listens. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { SpawnedReplica, SpawnRequest } from './replica-set.js';

const messageSchema = z.object({ url: z.url() });

/** What it is that says so to the front that started it; nobody hears it where there is none. */
export const tellFront = (message: z.infer<typeof messageSchema>): void => void process.send?.(message);

/** Calls `act` when the front that started this process is gone. */
export const onFrontGone = (act: () => void): void => {
  if (process.send !== undefined) process.once('disconnect', act);
};

/**
 * What a replica is told: its id and port, and its share of the cores where the environment doesn't say how many threads.
 * @param inherited the front's own environment.
 */
export const replicaEnvironment = (
  { id, port, count }: SpawnRequest,
  inherited: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> => {
  const share = Math.max(1, Math.floor(availableParallelism() / count));
  // Its own address is where it listens, whatever the front's is.
  const { GRAFT_SERVING_URL: _url, ...others } = inherited;
  return {
    GRAFT_SERVING_THREADS: String(share),
    GRAFT_SERVING_DECODERS: String(share + 1),
    ...others,
    ...{ GRAFT_SERVING_REPLICAS: '1', GRAFT_SERVING_PORT: String(port), GRAFT_REPLICA_ID: id },
    GRAFT_SERVING_TRUST_PROXY: 'loopback',
  };
};

/** @param program the file that runs a replica. */
export const spawnReplica =
  (program: string) =>
  (request: SpawnRequest): SpawnedReplica => {
    const child = fork(program, [], {
      env: replicaEnvironment(request, process.env),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return {
      pid: child.pid ?? null,
      listening: new Promise((resolve) => {
        child.once('message', (message) => {
          const told = messageSchema.safeParse(message);
          if (told.success) resolve(told.data.url);
        });
      }),
      ended: new Promise((resolve) => {
        child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? '?'}`));
        child.once('error', ({ message }) => resolve(message));
      }),
      kill: (signal) => void child.kill(signal),
    };
  };

/** The replicas of a local stack, each by its own address. Nothing here needs the registry. */
import { servingFrontSchema, type ReplicaProcess } from '@graft/contracts';
import { stackReplicas, type StackReplicas } from '@graft/tools';

export interface LocalReplica extends Pick<ReplicaProcess, 'pid' | 'state'> {
  /** The id of its lease. */
  readonly id: string;
  readonly environment: string;
  /** Its own; null where it doesn't run at the moment. */
  readonly url: string | null;
  /** Where clients ask: the same, or that of the front it is behind. */
  readonly address: string;
}

const LOOK_TIMEOUT_MS = 3_000;

const look = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });

const stateOf = async (url: string): Promise<ReplicaProcess['state']> => {
  try {
    const response = await look(`${url}/v2/health/ready`);
    await response.body?.cancel();
    return response.ok ? 'ready' : 'unready';
  } catch {
    return 'unreachable';
  }
};

const behind = async ({ id, pid, environment, url }: StackReplicas['apps'][number]): Promise<LocalReplica[]> => {
  try {
    // A replica that is alone has no such route.
    const front = servingFrontSchema.safeParse(await (await look(`${url}/v1/replicas`)).json());
    if (front.success) return front.data.replicas.map((one) => ({ ...one, environment, address: url }));
  } catch {
    // Nor has one that doesn't answer.
  }
  return [{ id, pid, environment, url, address: url, state: await stateOf(url) }];
};

export interface LocalReplicas {
  readonly token: string;
  readonly replicas: readonly LocalReplica[];
}

/**
 * Those of one environment, or of all.
 * @throws AppError `unavailable` where the stack has none of them.
 */
export const localReplicas = async (stack: string, environment?: string): Promise<LocalReplicas> => {
  const { token, apps } = await stackReplicas(stack);
  const meant = apps.filter((app) => environment === undefined || app.environment === environment);
  return { token, replicas: (await Promise.all(meant.map(behind))).flat() };
};

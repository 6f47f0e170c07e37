/** How many replicas a stack's serving app has: processes of their own behind its port. */
import { AppError, MOST_REPLICAS, replicaCountSchema, type ReplicaCount } from '@graft/contracts';
import { appOf } from './app-definition.js';
import { ensureApp } from './app-process.js';
import { localUrl } from './stack-environment.js';
import { withStackSession, type StackSession } from './stack-session.js';

const TIMEOUT_MS = 10_000;

/** A front starts and ends replicas without losing a request. */
const askFront = async ({ state, credentials }: StackSession, instance: string, count: ReplicaCount): Promise<void> => {
  const response = await fetch(`${localUrl(state.ports[instance])}/v1/replicas`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${credentials.servingToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(count),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new AppError(
      'unavailable',
      `${instance} answered ${response.status} when asked for another count of replicas`,
    );
};

/**
 * Makes a serving app keep so many replicas from now on, `up` after `down` included; returns the count when it answers, which it does
 * before all of them do. A replica that runs alone is ended in order for the front that takes its port.
 * @param instance `serving`, or `serving-staging` for another environment
 * @param replicas 1 to 16; default: as many as it was asked for before, at first one
 * @throws AppError `usage` for another count or app, `unavailable` when it doesn't start
 */
export const scaleServing = async (stack: string, instance: string, asked?: number): Promise<number> => {
  if (asked !== undefined && !replicaCountSchema.safeParse({ replicas: asked }).success)
    throw new AppError('usage', `expected 1 to ${MOST_REPLICAS} replicas, got ${asked}`);
  if (appOf(instance) !== 'serving') throw new AppError('usage', `${instance} has no replicas, serving has`);
  return withStackSession(stack, async (session) => {
    const replicas = asked ?? session.state.replicas[instance] ?? 1;
    session.state.replicas[instance] = replicas;
    await session.save();
    if ((await ensureApp(session, instance)) === 'reused' && session.state.apps[instance]?.front === true)
      await askFront(session, instance, { replicas });
    return replicas;
  });
};

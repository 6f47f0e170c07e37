/** What is pinned in the replicas of a local stack, asked of each by its own address. Nothing here needs the registry. */
import {
  AppError,
  fromProblem,
  pinSchema,
  pinsSchema,
  problemSchema,
  type NewPin,
  type Pin,
  type PinEnd,
} from '@graft/contracts';
import type { z } from 'zod';
import type { LocalReplica, LocalReplicas } from './local-replicas.js';

/** Loading may take its time; a replica that says nothing for so long never will. */
const TIMEOUT_MS = 90_000;
const LOOK_TIMEOUT_MS = 3_000;

const ask = async <S extends z.ZodType>(
  { id, url }: LocalReplica,
  call: { token: string; method: string; path: string; answer: S; body?: object; timeoutMs?: number },
): Promise<z.output<S>> => {
  const { token, method, path, answer, body, timeoutMs = TIMEOUT_MS } = call;
  if (url === null) throw new AppError('unavailable', `replica ${id} doesn't run at the moment`);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new AppError('unavailable', `replica ${id} doesn't answer at ${url}`, { cause });
  });
  const said: unknown = await response.json().catch(() => null);
  if (response.ok) return answer.parse(said);
  const problem = problemSchema.safeParse(said);
  if (problem.success) throw fromProblem(problem.data);
  throw new AppError('unavailable', `replica ${id} answered ${response.status} to ${method} ${url}${path}`);
};

const pathOf = (model: string): string => `/v1/pins/${encodeURIComponent(model)}`;

export const pinReplica = (replica: LocalReplica, token: string, model: string, body: NewPin): Promise<Pin> =>
  ask(replica, { token, method: 'PUT', path: pathOf(model), answer: pinSchema, body });

export const unpinReplica = (replica: LocalReplica, token: string, model: string, body: PinEnd): Promise<Pin> =>
  ask(replica, { token, method: 'DELETE', path: pathOf(model), answer: pinSchema, body });

export const listPins = async (replica: LocalReplica, token: string): Promise<readonly Pin[]> => {
  const call = { token, method: 'GET', path: '/v1/pins', answer: pinsSchema, timeoutMs: LOOK_TIMEOUT_MS };
  return (await ask(replica, call)).pins;
};

/** What is pinned in a replica of this machine. */
export interface PinnedReplica {
  readonly replica: string;
  readonly environment: string;
  readonly pin: Pin;
}

/** Of the replicas that answer; of those that don't, nothing is known. */
export const readPinned = async ({ token, replicas }: LocalReplicas): Promise<PinnedReplica[]> => {
  const found = replicas.map(async (replica) => {
    const pins = await listPins(replica, token).catch(() => []);
    return pins.map((pin) => ({ replica: replica.id, environment: replica.environment, pin }));
  });
  return (await Promise.all(found)).flat();
};

/** Environments that the registry knows of: a slip of the keyboard names another. */
import { AppError } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { nearestName } from './nearest-name.js';

const DEFAULT = 'production';

/** Where replicas have told of themselves, where something serves, and what pipelines name as stages. */
export const knownEnvironments = async (
  registry: Pick<Registry, 'listReplicas' | 'listModels' | 'listPipelines'>,
): Promise<string[]> => {
  const [replicas, models, pipelines] = await Promise.all([
    registry.listReplicas(),
    registry.listModels(),
    registry.listPipelines(),
  ]);
  const names = [
    DEFAULT,
    ...replicas.map(({ environment }) => environment),
    ...models.flatMap(({ champions }) => Object.keys(champions)),
    ...pipelines.flatMap(({ pipeline: { rollout } }) => [rollout.environment, ...(rollout.stages ?? [])]),
  ];
  return [...new Set(names)].sort();
};

/** What is wrong with an environment that nothing knows of; null for one that is known. */
export const tellUnknown = (environment: string, known: readonly string[]): string | null => {
  if (known.includes(environment)) return null;
  const near = nearestName(environment, known);
  return (
    `no replica serves in an environment "${environment}", and no pipeline names it` +
    (near === null ? `; there are ${known.join(', ')}` : `: is it ${near}?`)
  );
};

/** @throws AppError `not_found` for an environment that nothing knows of: no replica would ever load the version. */
export const requireEnvironment = async (
  registry: Parameters<typeof knownEnvironments>[0],
  environment: string,
): Promise<void> => {
  if (environment === DEFAULT) return;
  const known = await knownEnvironments(registry);
  const why = tellUnknown(environment, known);
  if (why === null) return;
  throw new AppError('not_found', `${why} (a replica with GRAFT_ENVIRONMENT=${environment} makes one)`, {
    details: { environment, known },
  });
};

/** Which version of a model a person means. */
import { AppError } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { LATEST, parseVersion } from './parse.js';

/**
 * The number of a version, typed as `3`, `v3` or `latest`. Whether there is such a version is left to what asks for it.
 * @throws AppError `usage`, `not_found` where there is no model, or no version that could be the latest.
 */
export const findModelVersion = async (
  registry: Pick<Registry, 'getModel'>,
  model: string,
  text: string,
): Promise<number> => {
  if (text !== LATEST) return parseVersion(text);
  const { latestVersion } = await registry.getModel(model);
  if (latestVersion !== null) return latestVersion;
  throw new AppError('not_found', `model ${model} has no version yet: ./graft runs list shows what is made`);
};

import { AppError, digestSchema, type DatasetVersion } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { LATEST, parseVersion } from '../../parse.js';

/**
 * A version by number, by digest (twelve digits are enough) or `latest`; the latest by default.
 * @throws AppError `not_found`, `usage`.
 */
export const findDatasetVersion = async (
  registry: Registry,
  dataset: string,
  which: string | undefined,
): Promise<DatasetVersion> => {
  const versions = await registry.listDatasetVersions(dataset);
  if (versions.length === 0) {
    throw new AppError(
      'not_found',
      `dataset ${dataset} has no version yet; ./graft data land ${dataset} DIR lands images`,
    );
  }
  if (which === undefined || which === LATEST) return versions[0] as DatasetVersion;
  const isDigest = digestSchema.safeParse(which).success || /^[0-9a-f]{12,63}$/.test(which);
  const found = isDigest
    ? versions.find(({ id }) => id.startsWith(which))
    : versions.find(({ number }) => number === parseVersion(which));
  if (found === undefined)
    throw new AppError(
      'not_found',
      `dataset ${dataset} has no version ${which}; it has ${versions.map(({ number }) => number).join(', ')}`,
    );
  return found;
};

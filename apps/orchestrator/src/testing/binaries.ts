/** Where the test servers' programs are: as the environment, PATH or the cache have them, else fetched there once. */
import { graftPaths } from '@graft/platform';
import { resolveBinary, TEMPORAL, TEMPORAL_TEST_SERVER, type BinarySpec } from '@graft/tools';

const pathOf = async (spec: BinarySpec): Promise<string> => {
  const { path } = await resolveBinary(spec, { cacheDir: graftPaths().cacheDir });
  return path;
};

export const testServerPath = (): Promise<string> => pathOf(TEMPORAL_TEST_SERVER);
export const devServerPath = (): Promise<string> => pathOf(TEMPORAL);

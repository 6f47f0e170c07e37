/** Where the test servers' programs are: the environment's, or fetched to the cache the first time. */
import { existsSync } from 'node:fs';
import { AppError } from '@graft/contracts';

const named = (variable: string): string => {
  const path = process.env[variable];
  if (path === undefined || !existsSync(path))
    throw new AppError('missing_prerequisite', `${variable} names no program`);
  return path;
};

export const testServerPath = async (): Promise<string> => named('GRAFT_TEMPORAL_TEST_SERVER_BINARY');
export const devServerPath = async (): Promise<string> => named('GRAFT_TEMPORAL_BINARY');

/** Making folders whose mode does not depend on the umask. */
import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Creates a folder and its missing parents, each with `mode` (default 0755); those that exist are left as they are. */
export const makeFolder = async (path: string, mode = 0o755): Promise<string> => {
  const folder = resolve(path);
  if (existsSync(folder)) return folder;
  await makeFolder(dirname(folder), mode);
  try {
    await mkdir(folder, { mode });
    await chmod(folder, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return folder;
};

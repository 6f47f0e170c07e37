import { rename, writeFile } from 'node:fs/promises';

/** Whole under its name, or not there at all. */
export const writeWhole = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  await writeFile(`${path}.tmp`, bytes);
  await rename(`${path}.tmp`, path);
};

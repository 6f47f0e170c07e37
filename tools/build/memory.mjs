/** Remembers what a slow build step was made from, so that it is done again only when that changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './bundle.mjs';

/** The digest of the named files (relative to the root) and of whatever else decides the result. */
export const fingerprint = (files, extra = '') => {
  const hash = createHash('sha256').update(extra);
  for (const file of [...files].sort()) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
};

/** Runs `act` unless `output` exists and was made from the same fingerprint. Answers whether it ran. */
export const unlessSame = async ({ name, fingerprint: current, output, act }) => {
  const memory = join(root, 'dist/.build', `${name}.sha256`);
  const isSame = existsSync(join(root, output)) && existsSync(memory) && readFileSync(memory, 'utf8') === current;
  if (isSame) return false;
  await act();
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(`${memory}.tmp`, current);
  renameSync(`${memory}.tmp`, memory);
  return true;
};

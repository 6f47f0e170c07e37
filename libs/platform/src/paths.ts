/** Where Graft keeps things on this machine (XDG base directories). */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.js';

export interface GraftPaths {
  /** May be deleted at any time: weights, packages, built servers. */
  readonly cacheDir: string;
  /** Must not: databases, objects, credentials, logs of the local stack. */
  readonly stateDir: string;
}

const folder = (env: Environment, variable: string, forRoot: string, below: string): string => {
  const base = env[variable];
  // The specification says that a relative path is to be ignored.
  if (base !== undefined && base.startsWith('/')) return join(base, 'graft');
  // PostgreSQL refuses to run as root, and another user can't get through /root.
  return process.getuid?.() === 0 ? join(forRoot, 'graft') : join(env['HOME'] || homedir(), below, 'graft');
};

/** GRAFT_CACHE_DIR overrides the cache; root without XDG_… gets /var/cache/graft and /var/lib/graft. */
export const graftPaths = (env: Environment = process.env): GraftPaths => ({
  cacheDir: env['GRAFT_CACHE_DIR'] || folder(env, 'XDG_CACHE_HOME', '/var/cache', '.cache'),
  stateDir: folder(env, 'XDG_STATE_HOME', '/var/lib', '.local/state'),
});

/** Which Graft this is: for lineage, for `--version`, for figures. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface VersionInfo {
  readonly graft: string;
  /** The commit of the checkout, 40 hex digits; null outside one. */
  readonly commit: string | null;
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** The nearest folder upwards whose package.json is the workspace's own: true of the sources and of a bundle in dist. */
const findWorkspace = (from: string): { root: string; version: string } | null => {
  for (let folder = from; ; folder = dirname(folder)) {
    const text = readText(join(folder, 'package.json'));
    if (text !== null) {
      const manifest = JSON.parse(text) as { name?: unknown; version?: unknown };
      if (manifest.name === 'graft' && typeof manifest.version === 'string') {
        return { root: folder, version: manifest.version };
      }
    }
    if (dirname(folder) === folder) return null;
  }
};

/** HEAD read from the files of git, since a machine that runs Graft need not have git on its PATH. */
export const readCommit = (root: string): string | null => {
  let gitDir = join(root, '.git');
  if (!existsSync(gitDir)) return null;
  if (statSync(gitDir).isFile()) {
    const pointer = /^gitdir: (.+)$/m.exec(readText(gitDir) ?? '')?.[1];
    if (pointer === undefined) return null;
    gitDir = resolve(root, pointer.trim());
  }
  const head = readText(join(gitDir, 'HEAD'))?.trim() ?? '';
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  if (ref === undefined) return /^[0-9a-f]{40}$/.test(head) ? head : null;
  const commonDir = readText(join(gitDir, 'commondir'))?.trim();
  const shared = commonDir === undefined ? gitDir : resolve(gitDir, commonDir);
  const loose = readText(join(gitDir, ref)) ?? readText(join(shared, ref));
  if (loose !== null) return loose.trim();
  const packed = (readText(join(shared, 'packed-refs')) ?? '').split('\n').find((line) => line.endsWith(` ${ref}`));
  return packed?.slice(0, 40) ?? null;
};

/** GRAFT_COMMIT names the commit where there is no checkout (an image). */
export const versionInfo = (): VersionInfo => {
  const workspace = findWorkspace(dirname(fileURLToPath(import.meta.url)));
  return {
    graft: workspace?.version ?? '0.0.0',
    commit: process.env['GRAFT_COMMIT'] || (workspace === null ? null : readCommit(workspace.root)),
  };
};

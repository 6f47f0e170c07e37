/**
 * How TypeScript entries become runnable files: `@graft/*` is bundled from source, everything else stays a package of
 * node_modules. A package that npm could not hoist (two rooms want different versions) is named by its path, so that
 * each room gets its own.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** A process that runs an older build may still load one of its chunks. */
const CHUNK_LIFETIME_MS = 24 * 60 * 60_000;

/** `@scope/name/deep/path` → `@scope/name`. */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const hoistedPlace = join(root, 'node_modules');

/** Where Node would find a package from `folder`, when that is not the root's node_modules. */
const ownPlace = (name, folder) => {
  for (let at = folder; at.startsWith(root) && at !== root; at = dirname(at)) {
    const place = join(at, 'node_modules', name);
    if (existsSync(place)) return place;
  }
  return null;
};

const workspacePlugin = (outdir) => ({
  name: 'graft-workspace',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'plain' || kind === 'entry-point') return undefined;
      if (path.startsWith('node:') || builtinModules.includes(path)) return { path, external: true };
      const name = packageOf(path);
      if (name.startsWith('@graft/')) return undefined; // npm's workspace links lead to the source.
      if (ownPlace(name, resolveDir) === null) {
        if (existsSync(join(hoistedPlace, name))) return { path, external: true };
        return { errors: [{ text: `${name} is not installed: add it to the package.json of its room` }] };
      }
      const found = await bundler.resolve(path, { resolveDir, kind, pluginData: 'plain' });
      if (found.errors.length > 0) return found;
      const from = relative(outdir, found.path);
      return { path: from.startsWith('.') ? from : `./${from}`, external: true };
    });
  },
});

const options = (entries, outdir) => ({
  absWorkingDir: root,
  entryPoints: entries,
  outdir,
  write: false,
  bundle: true,
  // A command loads what it needs when it needs it: `await import()` stays a file of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@graft/source'], // Naming conditions also drops esbuild's own `module`, which Node doesn't know.
  sourcemap: 'linked',
  metafile: true,
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __graftRequire } from 'node:module';\nconst require = __graftRequire(import.meta.url);",
  },
  plugins: [workspacePlugin(join(root, outdir))],
});

/** The source files, relative to the root, that a bundle of `entry` would be made of. */
export const sourcesOf = async (entry) => {
  const { metafile } = await build(options([entry], 'dist/unwritten'));
  return Object.keys(metafile.inputs);
};

/** A file is whole at any moment: it may be running. Unchanged files keep their time. */
const writeIfChanged = ({ path, contents }) => {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
};

const removeOldChunks = (folder, current) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.startsWith('chunk-') && !name.endsWith('.tmp')) continue;
    if (!current.has(path) && Date.now() - statSync(path).mtimeMs > CHUNK_LIFETIME_MS) unlinkSync(path);
  }
};

/** Bundles entries that share an output folder: `src/x.ts` → `<outdir>/x.js`, with a source map. */
export const bundle = async ({ entries, outdir }) => {
  const { outputFiles } = await build(options(entries, outdir));
  const folder = join(root, outdir);
  mkdirSync(folder, { recursive: true });
  // Chunks first, so that an entry never names one that isn't there.
  const isChunk = ({ path }) => basename(path).startsWith('chunk-');
  for (const file of outputFiles.filter(isChunk)) writeIfChanged(file);
  for (const file of outputFiles.filter((output) => !isChunk(output))) writeIfChanged(file);
  removeOldChunks(folder, new Set(outputFiles.map(({ path }) => path)));
};

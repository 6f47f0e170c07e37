/**
 * How a TypeScript entry becomes one runnable file: `@graft/*` is bundled from source, everything else stays a
 * package of node_modules. A package that npm could not hoist (two rooms want different versions) is named by its
 * path, so that each room gets its own.
 */
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

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

/** Bundles one entry; answers the source files that went into it, relative to the root. */
export const bundle = async ({ entry, outfile }) => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@graft/source'], // Naming conditions also drops esbuild's own `module`, which Node doesn't know.
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __graftRequire } from 'node:module';\nconst require = __graftRequire(import.meta.url);",
    },
    plugins: [workspacePlugin(dirname(join(root, outfile)))],
  });
  return Object.keys(metafile.inputs);
};

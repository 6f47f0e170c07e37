/** tfjs-node's native addon: its two C++ files, compiled against our libtensorflow. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { inRepository } from '../repository.js';
import { ensureCacheEntry } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { withElapsed } from '../system/python.js';
import { runCommand } from '../system/run-command.js';
import { ensureCxxCompiler } from './cxx-compiler.js';
import { TENSORFLOW_VERSION } from './libtensorflow.js';

export type TfjsPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

export interface InstalledTfjs {
  readonly name: TfjsPackage;
  readonly version: string;
  readonly folder: string;
  /** Where the package looks for its addon, relative to its folder: `lib/napi-v8/tfjs_binding.node`. */
  readonly addonPath: string;
  readonly napiVersion: string;
}

/** @throws AppError `missing_prerequisite` when the package is not installed. */
export const findTfjs = (name: TfjsPackage): InstalledTfjs => {
  const require = createRequire(inRepository('libs/models/package.json'));
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch (cause) {
    throw new AppError('missing_prerequisite', `${name} is not installed: run npm ci`, { cause });
  }
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  // The package asks node-pre-gyp where its addon is; so do we.
  const preGyp = createRequire(manifest)('@mapbox/node-pre-gyp') as { find: (manifest: string) => string };
  const addonPath = relative(dirname(manifest), preGyp.find(manifest));
  const napiVersion = /napi-v(\d+)/.exec(addonPath)?.[1];
  if (napiVersion === undefined)
    throw new AppError('internal', `${name} looks for its addon at ${addonPath}: no N-API version`);
  return { name, version, folder: dirname(manifest), addonPath, napiVersion };
};

export interface AddonOptions {
  readonly tfjs: InstalledTfjs;
  /** Holds `lib` and `include`. */
  readonly libtensorflow: string;
  readonly cacheDir: string;
  readonly onProgress: OnProgress;
}

/** The compiled addon in the cache: 20 s with g++, 110 s with Zig, once for each version of the package. */
export const ensureAddon = async ({ tfjs, libtensorflow, cacheDir, onProgress }: AddonOptions): Promise<string> => {
  const { name, version, napiVersion, folder: source } = tfjs;
  const plainName = name.replace('@tensorflow/', '');
  const folder = await ensureCacheEntry({
    cacheDir,
    name: `tfjs-addon/${plainName}-${version}-tf${TENSORFLOW_VERSION}-napi${napiVersion}`,
    onProgress,
    fill: async (target) => {
      const scratch = await makeFolder(join(target, '.scratch'));
      const compiler = await ensureCxxCompiler(scratch, onProgress);
      const nodeHeaders = join(
        dirname(createRequire(inRepository('tools/package.json')).resolve('node-api-headers/package.json')),
        'include',
      );
      const [program, ...leading] = compiler.command;
      const args = [
        ...['-shared', '-fPIC', '-O2', '-std=c++17', `-DNAPI_VERSION=${napiVersion}`, '-DBUILDING_NODE_EXTENSION'],
        ...['-I', nodeHeaders, '-I', join(libtensorflow, 'include')],
        ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, 'binding', file)),
        ...['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((file) => join(libtensorflow, 'lib', file)),
        // From lib/napi-v8/ to the package's deps/lib/, where the libraries are linked.
        '-Wl,-rpath,$ORIGIN/../../deps/lib',
        ...['-o', join(target, 'tfjs_binding.node')],
      ];
      const building = runCommand(program, [...leading, ...args], { env: compiler.env, timeoutMs: 15 * 60_000 });
      await withElapsed(building, (seconds) => onProgress(`compiling the addon with ${compiler.name}: ${seconds} s`));
      await rm(scratch, { recursive: true, force: true });
    },
  });
  return join(folder, 'tfjs_binding.node');
};

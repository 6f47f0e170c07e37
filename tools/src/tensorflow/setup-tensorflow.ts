/**
 * Makes tfjs-node run on TensorFlow 2.21: its own installer downloads a library that is years old, from a host that is
 * not reached everywhere. `npm ci` wipes what is put into the package, so everything heavy stays in the cache and the
 * package gets links and one small file.
 */
import { existsSync } from 'node:fs';
import { copyFile, lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@graft/contracts';
import { sha256OfFile } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { temporaryBeside } from '../system/atomic-file.js';
import { withLock } from '../system/file-lock.js';
import { makeFolder } from '../system/folders.js';
import { runCommand } from '../system/run-command.js';
import { ensureAddon, findTfjs } from './addon.js';
import type { InstalledTfjs } from './addon.js';
import { ensureLibtensorflow, ensureNvidiaLibraries } from './libtensorflow.js';

export interface TensorflowOptions {
  /** The package `@tensorflow/tfjs-node-gpu` and NVIDIA's libraries. Default: the CPU's. */
  readonly gpu?: boolean;
  /** With `gpu`, whether NVIDIA's libraries are fetched too (3 GB); default true. Without a GPU they are never loaded. */
  readonly nvidiaLibraries?: boolean;
  readonly cacheDir: string;
  readonly onProgress?: OnProgress;
}

export interface TensorflowSetup {
  readonly packageName: string;
  readonly packageVersion: string;
  /** What the library says of itself. */
  readonly tensorflowVersion: string;
  readonly addon: string;
}

/** A symbolic link that is there and right is left alone; anything else in its place goes. */
const linkTo = async (target: string, at: string): Promise<void> => {
  const found = await readlink(at).catch(() => null);
  if (found === target) return;
  await makeFolder(dirname(at));
  if (found === null && (await lstat(at).catch(() => null)) !== null) await rm(at, { recursive: true });
  const temporary = temporaryBeside(at);
  await symlink(target, temporary);
  await rename(temporary, at);
};

const install = async (
  tfjs: InstalledTfjs,
  parts: { libtensorflow: string; addon: string; nvidia: string | null },
): Promise<string> => {
  const { libtensorflow, addon, nvidia } = parts;
  const deps = join(tfjs.folder, 'deps');
  const cc = join(libtensorflow, 'lib/libtensorflow_cc.so.2');
  const framework = join(libtensorflow, 'lib/libtensorflow_framework.so.2');
  await linkTo(join(libtensorflow, 'include'), join(deps, 'include'));
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow.so', 'libtensorflow.so.2', 'libtensorflow.so.2.9.1'])
    await linkTo(cc, join(deps, 'lib', name));
  for (const name of ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'])
    await linkTo(framework, join(deps, 'lib', name));
  // On the library's own RUNPATH.
  if (nvidia !== null) await linkTo(nvidia, join(deps, 'nvidia'));
  const at = join(tfjs.folder, tfjs.addonPath);
  if (!existsSync(at) || (await sha256OfFile(at)) !== (await sha256OfFile(addon))) {
    await makeFolder(dirname(at));
    const temporary = temporaryBeside(at);
    await copyFile(addon, temporary);
    await rename(temporary, at); // A process may have the old one loaded.
  }
  return at;
};

/** Node 23 lost two functions that tfjs-node calls. */
const PROBE = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const [four] = tf.matMul(tf.tensor2d([[1, 1]]), tf.tensor2d([[2], [2]])).dataSync();
if (four !== 4) throw new Error('1·2 + 1·2 = ' + four);
console.log(tf.backend().binding.TF_Version);
`;

const verify = async ({ folder, name }: InstalledTfjs): Promise<string> => {
  try {
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '1' };
    const said = await runCommand(process.execPath, ['-e', PROBE, folder], { env, timeoutMs: 120_000 });
    return said.trim().split('\n').at(-1) ?? '';
  } catch (cause) {
    throw new AppError('missing_prerequisite', `${name} does not work after its set-up: ${(cause as Error).message}`, {
      cause,
    });
  }
};

/** Seconds when everything is in the cache, about a minute and a half when nothing is (with g++). */
export const setupTensorflow = async (options: TensorflowOptions): Promise<TensorflowSetup> => {
  const { gpu = false, nvidiaLibraries = gpu, cacheDir, onProgress = () => undefined } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new AppError(
      'missing_prerequisite',
      `tfjs-node is set up on Linux x64 only; this is ${process.platform} ${process.arch}`,
    );
  }
  const tfjs = findTfjs(gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node');
  return withLock(join(cacheDir, 'locks/setup-tensorflow.lock'), async () => {
    const libtensorflow = await ensureLibtensorflow({ gpu, cacheDir, onProgress });
    const nvidia = gpu && nvidiaLibraries ? await ensureNvidiaLibraries({ cacheDir, onProgress }) : null;
    const addon = await ensureAddon({ tfjs, libtensorflow, cacheDir, onProgress });
    const at = await install(tfjs, { libtensorflow, addon, nvidia });
    onProgress('trying it');
    return {
      packageName: tfjs.name,
      packageVersion: tfjs.version,
      tensorflowVersion: await verify(tfjs),
      addon: at,
    };
  });
};

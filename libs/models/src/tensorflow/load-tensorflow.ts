/**
 * Loads TensorFlow for Node, with what it needs put right first. The package's own installer downloads a library; here
 * the addon is built by `./graft setup tensorflow`, and a machine that lacks it hears so.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { AppError } from '@graft/contracts';
import type * as tfjs from '@tensorflow/tfjs-node';

export type TensorFlow = typeof tfjs;

export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  readonly packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** Whether the package for GPUs was taken. */
  readonly gpu: boolean;
  /** Of the TensorFlow library underneath. */
  readonly version: string;
}

const require = createRequire(import.meta.url);

/** Node 23 took away two functions of `util` that tfjs-node 4.22 calls. */
const restoreUtil = (): void => {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown): boolean => value == null;
  util['isArray'] ??= Array.isArray;
};

const setEnvironment = (): void => {
  // On CPUs without VNNI TensorFlow leaves oneDNN off, where it is worth 1.5 to 2 times.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
};

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));

const hasAddon = (packageName: string): boolean => {
  try {
    const folder = dirname(require.resolve(`${packageName}/package.json`));
    // The N-API version in its path: tfjs-node 4.22 declares version 8 alone.
    return existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
  } catch {
    return false;
  }
};

const choosePackage = (): LoadedTensorFlow['packageName'] => {
  const gpu = existsSync('/dev/nvidia0') || onPath('nvidia-smi');
  return gpu && hasAddon('@tensorflow/tfjs-node-gpu') ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
};

/** The library's version; tfjs's types don't know of its backend's binding. */
const libraryVersion = (tf: TensorFlow): string => {
  const { binding } = tf.backend() as unknown as { binding?: { TF_Version?: string } };
  return binding?.TF_Version ?? 'unknown';
};

let loaded: LoadedTensorFlow | null = null;

/**
 * TensorFlow, loaded once in a process: with a GPU where there is one and its package is set up, else on the CPU. Its
 * calls block the event loop, so a service loads it in a child process or a worker thread.
 * @throws AppError `missing_prerequisite` when the addon isn't built, or its library can't be loaded.
 */
export const loadTensorFlow = (): LoadedTensorFlow => {
  if (loaded !== null) return loaded;
  const packageName = choosePackage();
  const help = 'run `./graft setup tensorflow`';
  if (!hasAddon(packageName))
    throw new AppError('missing_prerequisite', `the native addon of ${packageName} isn't built; ${help}`);
  restoreUtil();
  setEnvironment();
  try {
    const tf = require(packageName) as TensorFlow;
    loaded = { tf, packageName, gpu: packageName.endsWith('-gpu'), version: libraryVersion(tf) };
    return loaded;
  } catch (error) {
    throw new AppError('missing_prerequisite', `the native addon of ${packageName} can't be loaded; ${help}`, {
      cause: error,
    });
  }
};

/**
 * Loads TensorFlow for Node, with what it needs put right first. The package's own installer downloads a library; here
 * the addon is built by `./graft setup tensorflow`, and a machine that lacks it hears so.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { AppError } from '@graft/contracts';
import type * as tfjs from '@tensorflow/tfjs-node';
import { hasAddon, type TensorFlowPackage } from './choose-package.js';
import { describeDevice, type Device } from './device.js';

export type TensorFlow = typeof tfjs;

export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  readonly packageName: TensorFlowPackage;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
  /** What it computes on; `reason` says why it is not a GPU. */
  readonly device: Device;
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
  // Without it TensorFlow takes a GPU's whole memory at once, and a second process finds none.
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
};

/** What tfjs's types don't know of its backend. */
interface NodeBackend {
  readonly binding?: { readonly TF_Version?: string };
  readonly isUsingGpuDevice?: boolean;
}

/** What was to be expected, put right by what TensorFlow says of itself. */
const actualDevice = (expected: Device, usesGpu: boolean): Device => {
  if (usesGpu || expected.kind === 'cpu') return expected;
  return {
    ...expected,
    kind: 'cpu',
    name: cpus()[0]?.model ?? 'unknown CPU',
    memoryMiB: null,
    reason: `${expected.name} is there, but TensorFlow could not use it (TF_CPP_MIN_LOG_LEVEL=0 makes it say more)`,
  };
};

let loaded: LoadedTensorFlow | null = null;

/**
 * TensorFlow, loaded once in a process: with a GPU where there is one and its package is set up, else on the CPU. Its
 * calls block the event loop, so a service loads it in a child process or a worker thread.
 * GRAFT_DEVICE (auto, cpu, gpu) overrides the choice.
 * @throws AppError `missing_prerequisite` when the addon isn't built, or its library can't be loaded; `invalid_request` for
 * another GRAFT_DEVICE.
 */
export const loadTensorFlow = (): LoadedTensorFlow => {
  if (loaded !== null) return loaded;
  const expected = describeDevice();
  const { packageName } = expected;
  const help = `run \`./graft setup tensorflow${packageName.endsWith('-gpu') ? ' --gpu' : ''}\``;
  if (!hasAddon(packageName))
    throw new AppError('missing_prerequisite', `the native addon of ${packageName} isn't built; ${help}`);
  restoreUtil();
  setEnvironment();
  try {
    const tf = require(packageName) as TensorFlow;
    const { binding, isUsingGpuDevice: gpu = false } = tf.backend() as unknown as NodeBackend;
    loaded = { tf, packageName, gpu, device: actualDevice(expected, gpu), version: binding?.TF_Version ?? 'unknown' };
    return loaded;
  } catch (error) {
    throw new AppError('missing_prerequisite', `the native addon of ${packageName} can't be loaded; ${help}`, {
      cause: error,
    });
  }
};

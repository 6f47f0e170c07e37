/** Which of tfjs's two packages for Node is used: the one for GPUs has another library underneath. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '@graft/contracts';

export type TensorFlowPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

const require = createRequire(import.meta.url);

/** Folder of an installed package; null where it isn't installed. */
export const packageFolder = (name: TensorFlowPackage): string | null => {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
};

interface Machine {
  readonly hasGpu: boolean;
  readonly env: NodeJS.ProcessEnv;
  packageFolder(name: TensorFlowPackage): string | null;
  exists(path: string): boolean;
}

/** Whether a package's addon was built. */
export const hasAddon = (
  name: TensorFlowPackage,
  machine: Pick<Machine, 'packageFolder' | 'exists'> = { packageFolder, exists: existsSync },
): boolean => {
  const folder = machine.packageFolder(name);
  // The N-API version in its path: tfjs-node 4.22 declares version 8 alone.
  return folder !== null && machine.exists(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
};

/**
 * The package for GPUs where there is a GPU and it is set up, else the CPU's. GRAFT_DEVICE `gpu` or `cpu` names one whatever the
 * machine has (without a GPU the first computes on the CPU as well).
 * @throws AppError `invalid_request` for another GRAFT_DEVICE, `missing_prerequisite` for `gpu` where it isn't set up.
 */
export const choosePackage = (machine: Machine): TensorFlowPackage => {
  const asked = machine.env['GRAFT_DEVICE'] ?? 'auto';
  const isSetUp = hasAddon('@tensorflow/tfjs-node-gpu', machine);
  switch (asked) {
    case 'cpu':
      return '@tensorflow/tfjs-node';
    case 'gpu':
      if (isSetUp) return '@tensorflow/tfjs-node-gpu';
      throw new AppError(
        'missing_prerequisite',
        'GRAFT_DEVICE is gpu, but TensorFlow for GPUs is not set up; run `./graft setup tensorflow --gpu`',
      );
    case 'auto':
    case '':
      return machine.hasGpu && isSetUp ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
    default:
      throw new AppError('invalid_request', `GRAFT_DEVICE must be auto, cpu or gpu`);
  }
};

/**
 * TensorFlow for GPUs, set up and trained with. On a machine without a GPU it must compute on the CPU and say why; NVIDIA's
 * libraries (3 GB) are then left out, for nothing would load them.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { describeDevice, machineProbe } from '@graft/models/device';
import { graftPaths } from '@graft/platform';
import { inRepository, runCommand, setupTensorflow } from '@graft/tools';

const TIMEOUT_MS = 45 * 60_000;
const hasGpu = describeDevice().driver !== null;

/** In a process of its own: one process can't hold both TensorFlow libraries. */
const runTests = (paths: readonly string[]): Promise<string> =>
  runCommand(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      inRepository('node_modules/jest/bin/jest.js'),
      '-c',
      inRepository('libs/models/jest.config.mjs'),
      '--json',
      ...paths,
    ],
    { env: { ...process.env, GRAFT_DEVICE: 'gpu' }, timeoutMs: TIMEOUT_MS },
  );

describe('TensorFlow for GPUs', () => {
  beforeAll(async () => {
    await setupTensorflow({ gpu: true, nvidiaLibraries: hasGpu, cacheDir: graftPaths().cacheDir });
  }, TIMEOUT_MS);

  it(
    'loads, tells what it computes on, and has the gradients of the eager form',
    async () => {
      const said = await runTests(['src/tensorflow/load-tensorflow', 'src/training-graph/training-graph.spec']);
      expect(JSON.parse(said)).toMatchObject({ success: true, numFailedTests: 0 });
      const env = { ...process.env, GRAFT_DEVICE: 'gpu' };
      const { kind, reason, packageName } = describeDevice({ ...machineProbe(), env });
      expect(packageName).toBe('@tensorflow/tfjs-node-gpu');
      if (!hasGpu)
        expect({ kind, reason }).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/^no NVIDIA GPU/) });
    },
    TIMEOUT_MS,
  );
});

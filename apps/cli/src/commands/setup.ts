/** `graft setup`: fetches and builds ahead what other commands would do when they need it. */
import { graftPaths } from '@graft/platform';
import { showTasks, setupTensorflow, type TensorflowSetup } from '@graft/tools';
import type { Command } from 'commander';
import { note, printJson } from '../output.js';

export const registerSetup = (program: Command): void => {
  const setup = program.command('setup').description('fetch and build ahead what other commands need');
  setup
    .command('tensorflow')
    .description('make tfjs-node run on TensorFlow 2.21: a library from PyPI, an addon compiled once')
    .option('--gpu', "for NVIDIA GPUs: TensorFlow with CUDA, and NVIDIA's libraries (3 GB)")
    .option('--json', 'print what was set up as JSON')
    .action(async (options: { gpu?: boolean; json?: boolean }) => {
      const gpu = options.gpu === true;
      const done: TensorflowSetup[] = [];
      await showTasks([
        {
          title: gpu ? 'TensorFlow for GPUs' : 'TensorFlow',
          run: async (onProgress) => {
            const result = await setupTensorflow({ gpu, cacheDir: graftPaths().cacheDir, onProgress });
            done.push(result);
            return `${result.packageName} ${result.packageVersion} on TensorFlow ${result.tensorflowVersion}`;
          },
        },
      ]);
      if (options.json === true) return printJson(done[0]);
      note(`the addon is ${done[0]?.addon ?? ''}`);
    });
};

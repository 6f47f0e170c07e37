/** `graft setup`: fetches and builds ahead what other commands would do when they need it. */
import { graftPaths } from '@graft/platform';
import { showTasks, setupTensorflow, type TensorflowSetup } from '@graft/tools';
import type { Command } from 'commander';
import { note, printJson, printLine } from '../output.js';
import { writeSecrets } from '../secrets/write-secrets.js';

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
  setup
    .command('secrets')
    .description('make the passwords and tokens of servers of your own (docker compose), where they are not set yet')
    .option('--file <path>', 'of variables; its owner alone can read it then', '.env')
    .option('--json', 'print {file, added, kept} as JSON: names, and never what they are')
    .action(async (options: { file: string; json?: boolean }) => {
      const written = await writeSecrets(options.file);
      if (options.json === true) return printJson(written);
      const { file, added, kept } = written;
      printLine(added.length === 0 ? `${file} has all of them already` : `${file}: made ${added.join(', ')}`);
      if (added.length > 0 && kept.length > 0) note(`left as they are: ${kept.join(', ')}`);
    });
};

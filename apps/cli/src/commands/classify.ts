/** `graft classify`: ask the served model about images. */
import { readFile } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import type { Command } from 'commander';
import pLimit from 'p-limit';
import { connect } from '../context.js';
import { formatShare, printJson, printTable } from '../output.js';
import { classifyImage } from '../serving-client.js';

const IN_FLIGHT = 4;

export const registerClassify = (program: Command): void => {
  program
    .command('classify <model> <files...>')
    .description('ask the served model about image files')
    .option('--top <n>', 'classes to print for each image', Number, 3)
    .option('--json', 'print an array of {file, …classification} as JSON')
    .action(async (model: string, files: string[], options: { top: number; json?: boolean }, command: Command) => {
      const { servingUrl } = await connect(command);
      const limit = pLimit(IN_FLIGHT);
      const answers = await Promise.all(
        files.map((file) =>
          limit(async () => {
            const bytes = await readFile(file).catch((cause: unknown) => {
              throw new AppError('not_found', `no file can be read at ${file}`, { cause });
            });
            const answer = await classifyImage({ servingUrl, model, bytes });
            return { file, ...answer, classes: answer.classes.slice(0, options.top) };
          }),
        ),
      );
      if (options.json === true) return printJson(answers);
      printTable(
        ['file', 'class', 'probability', 'then', 'version'],
        answers.map(({ file, classes, version }) => [
          file,
          classes[0]?.label ?? null,
          classes[0] === undefined ? null : formatShare(classes[0].probability),
          classes
            .slice(1)
            .map(({ label, probability }) => `${label} ${formatShare(probability)}`)
            .join(', '),
          version,
        ]),
      );
    });
};

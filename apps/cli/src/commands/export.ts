/** `graft export`: a version as a folder that needs no Graft. */
import type { VariantName } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { findModelVersion } from '../find-model-version.js';
import { readAccount } from '../model/account.js';
import { exportVersion } from '../model/export-version.js';
import { count, printJson, printLine, printTable } from '../output.js';
import { variantName } from '../parse.js';

export const registerExport = (program: Command): void => {
  program
    .command('export <model> <version> <folder>')
    .description('a version as a folder: model.onnx, labels, preprocessing, its report and its card, with checksums')
    .option('--variant <name>', 'which form of it, such as int8 (default: the one that it prefers)', variantName)
    .option('--json', 'print the files as JSON')
    .action(
      async (
        model: string,
        version: string,
        folder: string,
        options: { variant?: VariantName; json?: boolean },
        command: Command,
      ) => {
        const context = await connect(command);
        const number = await findModelVersion(context.registry, model, version);
        const account = await readAccount(context, { model, version: number, variant: options.variant });
        const exported = await exportVersion(context.blobs, account, folder);
        if (options.json === true) return printJson(exported);
        printTable(
          ['file', 'bytes', 'sha256'],
          exported.files.map(({ file, sizeBytes, sha256 }) => [file, sizeBytes, sha256]),
        );
        printLine(
          `${model} ${number} (${account.variant}): ${count(exported.files.length, 'file')} in ${folder}; "sha256sum -c SHA256SUMS" checks them`,
        );
      },
    );
};

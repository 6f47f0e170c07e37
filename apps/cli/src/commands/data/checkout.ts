/** `graft data checkout`: the images of a version as files. */
import { resolve } from 'node:path';
import { readDatasetVersion } from '@graft/data';
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { checkOutVersion } from '../../data/checkout.js';
import { count, note, printJson, printLine, shortDigest } from '../../output.js';
import { createProgress } from '../../progress.js';
import { findDatasetVersion } from './find-version.js';

export const registerCheckout = (data: Command): void => {
  data
    .command('checkout <dataset> <version> <directory>')
    .description(
      'write the images of a version as <split>/<label>/<file>, each verified, with a manifest.csv that lands them again as they are',
    )
    .option('--json', 'print {directory, written, verified, erased} as JSON')
    .action(
      async (dataset: string, which: string, directory: string, { json }: { json?: boolean }, command: Command) => {
        const { registry, blobs } = await connect(command);
        const { id, number } = await findDatasetVersion(registry, dataset, which);
        const { root, images } = await readDatasetVersion(blobs, id);
        const progress = createProgress('writing');
        const { written, verified, erased } = await checkOutVersion({
          blobs,
          dataset,
          version: id,
          labels: root.labels,
          images,
          directory: resolve(directory),
          onProgress: (done, total) => progress.update(done, total),
        }).finally(() => progress.stop());
        if (json === true) return printJson({ directory: resolve(directory), written, verified, erased });
        for (const { sha256, told } of erased) note(`image ${shortDigest(sha256)} was ${told}`);
        printLine(
          `version ${number} of dataset ${dataset} is in ${directory}: ${count(written, 'file')} written` +
            (verified > 0 ? `, ${verified} there already and verified` : ''),
        );
      },
    );
};

/** `graft data land`: images into the landing zone. */
import { resolve } from 'node:path';
import { AppError } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { findLandingFiles, landFiles } from '../../landing.js';
import { count, note, printJson, printLine } from '../../output.js';
import { createProgress } from '../../progress.js';

interface LandOptions {
  readonly source?: string;
  readonly groupPattern?: string;
  readonly json?: boolean;
}

const parsePattern = (text: string): RegExp => {
  try {
    return new RegExp(text, 'u');
  } catch (cause) {
    throw new AppError('usage', `--group-pattern is no regular expression: ${text}`, { cause });
  }
};

/** A few names are enough to see what is wrong. */
const SHOWN = 5;

const noteMisplaced = (paths: readonly string[]): void => {
  for (const path of paths.slice(0, SHOWN)) {
    note(`left out ${path}: no label can be read from its place (expected <label>/<file>)`);
  }
  if (paths.length > SHOWN) note(`left out ${paths.length - SHOWN} more for the same reason`);
};

export const registerLand = (data: Command): void => {
  data
    .command('land <dataset> <directory>')
    .description(
      'upload a folder (<label>/<file>, or <train|val|test>/<label>/<file>) to the landing zone; retraining starts by itself',
    )
    .option('--source <name>', 'where the images come from, to tell sources apart in reports')
    .option('--group-pattern <regex>', 'images whose file names match with the same first group always share a split')
    .option('--json', 'print what was landed as JSON')
    .action(async (dataset: string, directory: string, options: LandOptions, command: Command) => {
      const groupPattern = options.groupPattern === undefined ? undefined : parsePattern(options.groupPattern);
      const found = await findLandingFiles(resolve(directory), {
        ...(options.source === undefined ? {} : { source: options.source }),
        ...(groupPattern === undefined ? {} : { groupPattern }),
      });
      for (const label of found.emptyLabels)
        note(`the folder ${label} holds no file, so there is nothing to learn this label from`);
      noteMisplaced(found.misplaced);
      if (found.files.length === 0)
        throw new AppError(
          'usage',
          `nothing to land in ${directory}: expected <label>/<file> or <train|val|test>/<label>/<file> in it${found.misplaced.length > 0 ? '; did you mean the folder above?' : ''}`,
        );
      const { registry, landing } = await connect(command);
      const { policy } = await registry.getDataset(dataset);
      const progress = createProgress('landing');
      const { uploaded, unchanged } = await landFiles({
        landing,
        dataset,
        files: found.files,
        onProgress: (done, total) => progress.update(done, total),
      });
      progress.stop();
      const labels = [...new Set(found.files.map(({ label }) => label))];
      const { emptyLabels, misplaced } = found;
      if (options.json === true) return printJson({ dataset, uploaded, unchanged, labels, emptyLabels, misplaced });
      printLine(
        `${count(uploaded, 'file')} of ${count(labels.length, 'label')} landed in dataset ${dataset}` +
          (unchanged > 0 ? `; ${unchanged} were there already` : ''),
      );
      if (uploaded === 0) return printLine('nothing new, so nothing starts');
      printLine(
        `after ${count(policy.quietSeconds, 'quiet second')} what is new becomes a version (./graft data versions ${dataset}) and a run starts (./graft runs list);\n` +
          `what is no sound image, or contradicts another, is left out (./graft data quarantine ${dataset})`,
      );
    });
};

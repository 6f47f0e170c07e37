/** `graft data correct|relabel|remove|restore|rename|revert|dismiss|corrections`: what people decide about images. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, type Correction, type CorrectionAction } from '@graft/contracts';
import { readCorrectionFile } from '@graft/data';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { readDatasetState } from '../../data/dataset-state.js';
import { chooseDismissed } from '../../data/dismissed-keys.js';
import { describeEffect, sendCorrections } from '../../data/send-corrections.js';
import { formatTime, note, printJson, printLine, printTable } from '../../output.js';
import { LATEST, parseVersion, reasonText } from '../../parse.js';
import { findDatasetVersion } from './find-version.js';

interface CorrectOptions {
  readonly reason: string;
  readonly json?: boolean;
}

const send = async (
  context: Context,
  dataset: string,
  actions: readonly CorrectionAction[],
  { reason, json }: CorrectOptions,
): Promise<void> => {
  const sent = await sendCorrections(context, { dataset, actions, reason }, (effect) => {
    if (json !== true) note(`in the next version of dataset ${dataset}: ${describeEffect(effect)}`);
  });
  if (json === true) return printJson(sent);
  const numbers = sent.corrections.map(({ number }) => number);
  const one = numbers.length === 1;
  const named = one ? `correction ${numbers[0]}` : `corrections ${numbers[0]} to ${numbers.at(-1)}`;
  const what = sent.isPaused
    ? `the dataset is paused, so ${one ? 'it waits' : 'they wait'} until ./graft data resume ${dataset}`
    : `the next version takes ${one ? 'it' : 'them'} in by itself (./graft data show ${dataset})`;
  printLine(`${named} of dataset ${dataset}: ${what}`);
};

/** Pages, since a correction may name ten thousand images. */
const listAll = async ({ registry }: Pick<Context, 'registry'>, dataset: string): Promise<Correction[]> => {
  const all: Correction[] = [];
  for (;;) {
    const page = await registry.listCorrections(dataset, { after: all.at(-1)?.number ?? 0, limit: 20 });
    all.push(...page);
    if (page.length === 0) return all;
  }
};

/** An image that is named twice is one image. */
const unique = (refs: readonly string[]): string[] => [...new Set(refs)];

/** "relabel 3 as bee": an action in a few words. */
const sayAction = (action: CorrectionAction): string => {
  switch (action.action) {
    case 'relabel':
      return `relabel ${unique(action.images).length} as "${action.label}"`;
    case 'rename':
      return `rename "${action.from}" to "${action.to}"`;
    case 'revert':
      return `revert version ${action.version}`;
    case 'dismiss':
      return `dismiss ${unique(action.keys).length}`;
    case 'remove':
    case 'restore':
      return `${action.action} ${unique(action.images).length}`;
  }
};

const IMAGES = 'by sha256 (all 64 digits) or by the key of the landed object';

export const registerCorrect = (data: Command): void => {
  /** The options that all of them share. */
  const correction = (usage: string, description: string): Command =>
    data
      .command(usage)
      .description(description)
      .requiredOption('--reason <text>', 'why, for those who read it later', reasonText)
      .option('--json', 'print {corrections, effect, isPaused} as JSON');

  correction(
    'correct <dataset> <file>',
    'send a file of corrections: CSV (image,action,label; action relabel, remove, restore or dismiss) or JSON Lines of actions',
  ).action(async (dataset: string, file: string, options: CorrectOptions, command: Command) => {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('not_found', `no file can be read at ${file}`, { cause });
    });
    await send(await connect(command), dataset, readCorrectionFile(basename(file), text), options);
  });

  correction('relabel <dataset> <label> <image...>', `give images another label, ${IMAGES}`).action(
    async (dataset: string, label: string, images: string[], options: CorrectOptions, command: Command) =>
      send(await connect(command), dataset, [{ action: 'relabel', label, images: unique(images) }], options),
  );
  correction('remove <dataset> <image...>', `take images out of all versions to come, ${IMAGES}`).action(
    async (dataset: string, images: string[], options: CorrectOptions, command: Command) =>
      send(await connect(command), dataset, [{ action: 'remove', images: unique(images) }], options),
  );
  correction('restore <dataset> <image...>', `put images back that were taken out, ${IMAGES}`).action(
    async (dataset: string, images: string[], options: CorrectOptions, command: Command) =>
      send(await connect(command), dataset, [{ action: 'restore', images: unique(images) }], options),
  );
  correction(
    'rename <dataset> <from> <to>',
    'give a label another name; onto a label that is there, the two become one',
  ).action(async (dataset: string, from: string, to: string, options: CorrectOptions, command: Command) =>
    send(await connect(command), dataset, [{ action: 'rename', from, to }], options),
  );
  correction(
    'revert <dataset> <version>',
    'take out what one version brought, and put back what it left out: earlier versions stay what they are',
  ).action(async (dataset: string, which: string, options: CorrectOptions, command: Command) => {
    const context = await connect(command);
    // Which it is, isn't known before it is looked up; a number that there isn't is refused with what can be reverted.
    const version =
      which === LATEST ? (await findDatasetVersion(context.registry, dataset, which)).number : parseVersion(which);
    await send(context, dataset, [{ action: 'revert', version }], options);
  });
  correction('dismiss <dataset> [key...]', 'drop entries of the quarantine that need nothing more')
    .option('--all-leaks', 'every entry that would train on tested images, so that runs start again')
    .action(
      async (dataset: string, given: string[], options: CorrectOptions & { allLeaks?: boolean }, command: Command) => {
        const context = await connect(command);
        const { quarantine } = await readDatasetState(context, dataset);
        const keys = chooseDismissed({ dataset, quarantine, named: given, allLeaks: options.allLeaks === true });
        await send(context, dataset, [{ action: 'dismiss', keys }], options);
      },
    );

  data
    .command('corrections <dataset>')
    .description('the corrections of a dataset, oldest first')
    .option('--json', 'print an array of corrections as JSON')
    .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      const [all, [latest]] = [await listAll(context, dataset), await context.registry.listDatasetVersions(dataset)];
      if (json === true) return printJson(all);
      if (all.length === 0) return printLine(`dataset ${dataset} has no correction`);
      printTable(
        ['correction', 'by', 'at', 'taken in', 'what', 'why'],
        all.map(({ number, by, at, actions, reason }) => [
          number,
          by,
          formatTime(at),
          number <= (latest?.corrections ?? 0) ? 'yes' : 'waits',
          actions.map(sayAction).join('; '),
          reason,
        ]),
      );
    });
};

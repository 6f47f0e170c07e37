/** `graft data card`: what a version is like, in numbers and in a picture. */
import { writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { AppError, type DatasetCard, type DatasetVersion, type ManifestImage } from '@graft/contracts';
import { describeImages, makeContactSheet, MAX_SHEET_LABELS, readDatasetVersion, readQuarantine } from '@graft/data';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { toHtml, toMarkdown } from '../../data/card/format-card.js';
import { cardSections } from '../../data/card/sections.js';
import { formatTable, note, printJson, printLine } from '../../output.js';
import { checkOutput } from '../../output-path.js';
import { wholeNumber } from '../../parse.js';
import { findDatasetVersion } from './find-version.js';

const FORMATS = ['.html', '.md', '.png'] as const;

const formatOf = (path: string): (typeof FORMATS)[number] => {
  const ending = extname(path).toLowerCase();
  const format = FORMATS.find((each) => each === ending);
  if (format === undefined) throw new AppError('usage', `--output ends in ${FORMATS.join(', ')}; got "${path}"`);
  return format;
};

/** Labels in the order of their indices, so that sheets of two versions lie beside each other row by row. */
const sheetOf = async (
  { blobs }: Pick<Context, 'blobs'>,
  { dataset, number }: DatasetVersion,
  contents: Awaited<ReturnType<typeof readDatasetVersion>>,
  perLabel: number,
): Promise<Buffer> => {
  const byLabel = new Map<string, ManifestImage[]>(contents.root.labels.map((label) => [label, []]));
  for (const image of contents.images) byLabel.get(image.label)?.push(image);
  const rows = [...byLabel].flatMap(([label, images]) => (images.length > 0 ? [{ label, images }] : []));
  if (rows.length > MAX_SHEET_LABELS) note(`the sheet shows the first ${MAX_SHEET_LABELS} of ${rows.length} labels`);
  return makeContactSheet({
    title: `${dataset}, version ${number}`,
    rows,
    perLabel,
    load: (digest) => blobs.get(digest),
  });
};

const write = async (
  path: string,
  { version, card, sheet }: { version: DatasetVersion; card: DatasetCard; sheet: Buffer },
): Promise<string[]> => {
  const sections = cardSections(version, card);
  switch (formatOf(path)) {
    case '.png':
      await writeFile(path, sheet);
      return [path];
    case '.html':
      await writeFile(
        path,
        toHtml(sections, { sheet, brightness: card.brightness.images === 0 ? null : card.brightnessHistogram }),
      );
      return [path];
    case '.md': {
      const picture = path.replace(/\.md$/i, '.png');
      await writeFile(picture, sheet);
      await writeFile(path, toMarkdown(sections, basename(picture)));
      return [path, picture];
    }
  }
};

export const registerCard = (data: Command): void => {
  data
    .command('card <dataset> [version]')
    .description(
      'what a version is like: counts, sizes, brightness, duplicates, imbalance, and a few images of each label',
    )
    .option(
      '--output <file>',
      'write the card as .html (one page), .md (with a .png beside) or .png (the images alone)',
    )
    .option('--per-label <n>', 'images of each label', wholeNumber(1), 8)
    .option('--json', 'print the numbers as JSON')
    .action(
      async (
        dataset: string,
        which: string | undefined,
        { output, perLabel, json }: { output?: string; perLabel: number; json?: boolean },
        command: Command,
      ) => {
        if (output !== undefined) {
          formatOf(output);
          await checkOutput(output);
        }
        const context = await connect(command);
        const version = await findDatasetVersion(context.registry, dataset, which);
        const contents = await readDatasetVersion(context.blobs, version.id);
        const card = describeImages({ ...contents, quarantine: await readQuarantine(context.blobs, version) });
        if (output !== undefined) {
          const sheet = await sheetOf(context, version, contents, perLabel);
          const files = await write(output, { version, card, sheet });
          note(`wrote ${files.join(' and ')}`);
        }
        if (json === true) return printJson(card);
        for (const { title, words, table } of cardSections(version, card)) {
          printLine(title);
          for (const each of words) printLine(`  ${each}`);
          if (table !== undefined) printLine(formatTable(table.head, table.rows));
          printLine();
        }
      },
    );
};

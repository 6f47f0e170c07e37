/** `graft data quarantine`: what was left out, and why. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QuarantineEntry } from '@graft/contracts';
import { readQuarantine, type LeftOut } from '@graft/data';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { readLeftOut } from '../../data/dataset-state.js';
import { safeFileName } from '../../data/safe-name.js';
import { count, note, printJson, printLine, printTable } from '../../output.js';
import { makeFolder } from '../../output-path.js';
import { LATEST } from '../../parse.js';
import { findDatasetVersion } from './find-version.js';

/** Of a version; of the latest, also what ingestions have left out since without making a version. */
const readEntries = async (context: Context, dataset: string, which: string | undefined): Promise<LeftOut> => {
  const { registry, blobs } = context;
  const [latest = null] = await registry.listDatasetVersions(dataset);
  if (which === undefined || (which === LATEST && latest !== null)) return readLeftOut(context, dataset, latest);
  return { all: await readQuarantine(blobs, await findDatasetVersion(registry, dataset, which)), since: 0 };
};

/** Writes what there is to see, one WebP an entry, and tells how many. */
const writeThumbnails = async (
  { blobs }: Pick<Context, 'blobs'>,
  directory: string,
  entries: readonly QuarantineEntry[],
): Promise<number> => {
  await makeFolder(directory);
  let written = 0;
  for (const { key, reason, thumbnail } of entries) {
    if (thumbnail === undefined) continue;
    await writeFile(join(directory, `${reason}-${safeFileName(key, thumbnail)}.webp`), await blobs.get(thumbnail));
    written += 1;
  }
  return written;
};

export const registerQuarantine = (data: Command): void => {
  data
    .command('quarantine <dataset> [version]')
    .description('what was left out of a version, and why (the latest by default)')
    .option('--thumbnails <directory>', 'write small pictures of what can be seen, one an entry')
    .option('--json', 'print an array of {key, reason, detail, thumbnail, …} as JSON')
    .action(
      async (
        dataset: string,
        which: string | undefined,
        { json, thumbnails }: { json?: boolean; thumbnails?: string },
        command: Command,
      ) => {
        const context = await connect(command);
        await context.registry.getDataset(dataset);
        const { all: entries, since } = await readEntries(context, dataset, which);
        if (thumbnails !== undefined) {
          note(`${count(await writeThumbnails(context, thumbnails, entries), 'thumbnail')} in ${thumbnails}`);
        }
        if (json === true) return printJson(entries);
        if (entries.length === 0) return printLine(`nothing was left out of dataset ${dataset}`);
        printTable(
          ['reason', 'object', 'what was found'],
          entries.map(({ reason, key, detail }) => [reason, key, detail]),
        );
        if (since > 0) note(`${count(since, 'object')} of these left out since the latest version, in no version yet`);
      },
    );
};

/** `graft data show|diff`: what a version holds, and what changed from one to another. */
import type { DatasetVersion, ManifestImage } from '@graft/contracts';
import {
  diffByLabel,
  diffVersions,
  readDatasetVersion,
  readQuarantine,
  readTakenOut,
  type VersionDiff,
} from '@graft/data';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { readLeftOut } from '../../data/dataset-state.js';
import { describeVersion, type VersionDescription } from '../../data/describe-version.js';
import { tellFixedSplits } from '../../data/fixed-test.js';
import { tellNoTest } from '../../data/no-test.js';
import { count, formatTime, paint, printJson, printLine, printTable, shortDigest } from '../../output.js';
import { findDatasetVersion } from './find-version.js';

const readBefore = async ({ blobs }: Context, versions: readonly DatasetVersion[], { number }: DatasetVersion) => {
  const before = versions.find((each) => each.number === number - 1);
  return { before, contents: before === undefined ? null : await readDatasetVersion(blobs, before.id) };
};

const describe = async (context: Context, dataset: string, version: DatasetVersion): Promise<VersionDescription> => {
  const { registry, blobs } = context;
  const { before, contents } = await readBefore(context, await registry.listDatasetVersions(dataset), version);
  const current = await readDatasetVersion(blobs, version.id);
  const after = before?.corrections ?? 0;
  const limit = version.corrections - after;
  const [latest] = await registry.listDatasetVersions(dataset);
  return describeVersion({
    version,
    root: current.root,
    images: current.images,
    diff: diffVersions(contents, current),
    corrections: limit > 0 ? await registry.listCorrections(dataset, { after, limit: Math.min(limit, 100) }) : [],
    waitingCorrections: (await registry.getDataset(dataset)).corrections - (latest?.corrections ?? 0),
    quarantine: await readQuarantine(blobs, version),
    leftOutSince: latest?.id === version.id ? (await readLeftOut(context, dataset, version)).since : 0,
    takenOut: await readTakenOut(blobs, version),
  });
};

const say = ({ version, ...description }: VersionDescription): void => {
  const { dataset, number, id, images, createdAt, bySplit, bySource } = version;
  const { labels, fixedSplits, since, corrections, waitingCorrections, takenOut, quarantine, leftOutSince, leaks } =
    description;
  printLine(`dataset ${dataset}, version ${number} (${shortDigest(id)}), made ${formatTime(createdAt)}`);
  printLine(`${count(images, 'image')}: ${bySplit.train} train, ${bySplit.val} val, ${bySplit.test} test`);
  const fixed = tellFixedSplits(fixedSplits);
  if (fixed !== null) printLine(fixed);
  const noTest = tellNoTest(version, fixedSplits.train);
  if (noTest !== null) printLine(`${paint('yellow', 'warning')} ${noTest}`);
  printTable(
    ['label', 'train', 'val', 'test', 'note'],
    labels.map(({ label, train, val, test, state, formerly }) => [
      ...([label, train, val, test] as const),
      [...(state === null ? [] : [state]), ...(formerly.length > 0 ? [`was ${formerly.join(', ')}`] : [])].join('; '),
    ]),
  );
  const sources = Object.entries(bySource).map(([source, of]) => `${source} ${of}`);
  if (sources.length > 0) printLine(`sources: ${sources.join(', ')}`);
  const test = since.removedFromTest > 0 ? ` (${since.removedFromTest} of them from test)` : '';
  printLine(
    `since the version before: ${since.added} added, ${since.removed} removed${test}, ${since.relabelled} relabelled`,
  );
  for (const { number: of, by, at, reason } of corrections) {
    printLine(`correction ${of} by ${by}, ${formatTime(at)}: ${reason}`);
  }
  if (waitingCorrections > 0) printLine(`${count(waitingCorrections, 'correction')} not in a version yet`);
  if (takenOut > 0) printLine(`${count(takenOut, 'image')} taken out by corrections up to now`);
  const reasons = quarantine.map(({ reason, entries }) => `${entries} ${reason}`).join(', ');
  const left = [
    reasons === '' ? 'nothing' : reasons,
    ...(leftOutSince > 0 ? [`${leftOutSince} left out since, in no version yet`] : []),
  ].join('; ');
  printLine(`quarantine: ${left}${left === 'nothing' ? '' : ` (./graft data quarantine ${dataset})`}`);
  if (leaks > 0) {
    printLine(
      `${count(leaks, 'object')} landed that would be both trained on and tested on: no run starts until a person has looked (./graft data dismiss ${dataset} --all-leaks)`,
    );
  }
};

const hasImages = ({ added, removed, relabelled, moved }: VersionDiff): boolean =>
  added.length + removed.length + relabelled.length + moved.length > 0;

/** Images that one diff lists with `--images`. */
const sayImages = ({ added, removed, relabelled, moved }: VersionDiff): void => {
  const row = (what: string, { key, label, split, sha256 }: ManifestImage, was = ''): string[] => [
    what,
    was === '' ? label : `${was} → ${label}`,
    split,
    key,
    sha256,
  ];
  printTable(
    ['what', 'label', 'split', 'object', 'sha256'],
    [
      ...added.map((image) => row('added', image)),
      ...removed.map((image) => row('removed', image)),
      ...relabelled.map(({ before, after }) => row('relabelled', after, before.label)),
      ...moved.map(({ before, after }) => row(`moved from ${before.split}`, after)),
    ],
  );
};

export const registerShow = (data: Command): void => {
  data
    .command('show <dataset> [version]')
    .description('what a version holds, label by label, and what made it (the latest by default)')
    .option('--json', 'print the description as JSON')
    .action(async (dataset: string, which: string | undefined, { json }: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      const description = await describe(context, dataset, await findDatasetVersion(context.registry, dataset, which));
      if (json === true) return printJson(description);
      say(description);
    });

  data
    .command('diff <dataset> <a> [b]')
    .description('what changed from version A to version B, label by label (B: the latest)')
    .option('--images', 'list every image that changed')
    .option('--json', 'print {from, to, labels, added, removed, relabelled, …} as JSON')
    .action(
      async (
        dataset: string,
        a: string,
        b: string | undefined,
        { json, images }: { json?: boolean; images?: boolean },
        command: Command,
      ) => {
        const { registry, blobs } = await connect(command);
        const from = await findDatasetVersion(registry, dataset, a);
        const to = await findDatasetVersion(registry, dataset, b);
        const before = await readDatasetVersion(blobs, from.id);
        const after = await readDatasetVersion(blobs, to.id);
        const diff = diffVersions(before, after);
        const labels = diffByLabel(diff, { before: before.root.labels, after: after.root.labels });
        if (json === true) return printJson({ from: from.number, to: to.number, labels, ...diff });
        const { added, removed, relabelled, moved, newLabels, renamedLabels, retiredLabels } = diff;
        const movedWords = moved.length > 0 ? `, ${moved.length} moved between splits` : '';
        printLine(
          `dataset ${dataset}, version ${from.number} → ${to.number}: ${added.length} added, ${removed.length} removed, ${relabelled.length} relabelled${movedWords}`,
        );
        if (newLabels.length > 0) printLine(`new labels: ${newLabels.join(', ')}`);
        for (const each of renamedLabels) printLine(`label "${each.from}" is "${each.to}" now`);
        if (retiredLabels.length > 0) printLine(`labels without images now: ${retiredLabels.join(', ')}`);
        if (labels.length > 0) {
          printTable(
            ['label', 'added', 'removed', 'relabelled to', 'relabelled from'],
            labels.map((each) => [each.label, each.added, each.removed, each.relabelledTo, each.relabelledFrom]),
          );
        }
        if (images !== true) return;
        if (hasImages(diff)) sayImages(diff);
        else printLine('their images are equal');
      },
    );
};

/** `graft data land`: images into the landing zone. */
import { createContentStore } from '@graft/artifacts';
import { AppError, type Dataset, type PipelineVersion } from '@graft/contracts';
import {
  bringsTrainAlone,
  findUnmatchedName,
  landSource,
  parseGroupPattern,
  surveySource,
  type LandedSource,
  type LandingTarget,
  type SourceRefusal,
  type SourceSurvey,
} from '@graft/data';
import { sayWhenInterrupted } from '@graft/tools';
import type { Command } from 'commander';
import { connectForLanding, type LandingContext } from '../../context.js';
import { hasFixedTest, tellValAsTest } from '../../data/fixed-test.js';
import { mayHaveTest, tellTrainAlone } from '../../data/no-test.js';
import { readStartObstacles, tellLanding, type StartObstacles } from '../../data/tell-landing.js';
import { openLandingSource } from '../../landing-source.js';
import { createRegistryTarget, createStoreTarget } from '../../landing-targets.js';
import { count, note, paint, printJson, printLine } from '../../output.js';
import { createProgress } from '../../progress.js';
import { formatRate } from '../../rate.js';

interface LandOptions {
  readonly source?: string;
  readonly groupPattern?: string;
  readonly viaRegistry?: boolean;
  readonly json?: boolean;
}

/** A few names are enough to see what is wrong. */
const SHOWN = 5;
/** What --json lists; how many there are in all is said beside it. */
const LISTED = 10_000;

const noteRefused = (refused: readonly SourceRefusal[], total: number): void => {
  for (const { path, detail } of refused.slice(0, SHOWN)) note(`left out ${path}: ${detail}`);
  if (total > SHOWN) note(`left out ${total - SHOWN} more (--json lists them, with the reason of each)`);
};

const noteSurvey = ({ emptyLabels, manifest }: SourceSurvey): void => {
  for (const label of emptyLabels) {
    note(`the folder ${label} holds no file, so there is nothing to learn this label from`);
  }
  if (manifest === null) return;
  note(
    `${manifest.path} says what is taken: it names ${count(manifest.rows.size, 'file')}, whether they are there or not`,
  );
  if (manifest.unknown.length > 0) note(`these columns of it mean nothing here: ${manifest.unknown.join(', ')}`);
};

/** Before anything is sent: what has landed keeps the group that it came with, or none. */
const tellUnmatched = ({ source }: RegExp, example: string): string =>
  `${paint('yellow', 'warning', process.stderr)} --group-pattern ${source} matches no file name, such as "${example}": ` +
  'no image gets a group from it, and none can be given one in this dataset later (docs/data.md, Groups)';

const openTarget = (
  { registry, hasObjectStore, openBucket, landingBucket }: LandingContext,
  dataset: string,
  { viaRegistry }: LandOptions,
): LandingTarget =>
  viaRegistry === true || !hasObjectStore
    ? createRegistryTarget({ registry, dataset })
    : createStoreTarget(openBucket(landingBucket), dataset);

/** What nobody would guess of a val folder. */
const noteFixedVal = async (
  { hasObjectStore, openBucket, landingBucket, artifactsBucket }: LandingContext,
  dataset: Dataset,
  { splits }: LandedSource,
): Promise<void> => {
  if (!splits.includes('val') || splits.includes('test')) return;
  const landing = hasObjectStore ? openBucket(landingBucket) : null;
  const blobs = hasObjectStore ? createContentStore(openBucket(artifactsBucket)) : null;
  const told = tellValAsTest(dataset.name, await hasFixedTest({ dataset, landing, blobs }));
  if (told !== null) note(told);
};

/** Before anything is sent: what was seen as train stays train, and no run can do without a test split. */
const noteNoTest = async (
  { registry, hasObjectStore, openBucket, landingBucket }: LandingContext,
  { name, latestVersion }: Dataset,
): Promise<void> => {
  const hasTest = await mayHaveTest({
    dataset: name,
    version: latestVersion === null ? null : await registry.getDatasetVersion(latestVersion),
    landing: hasObjectStore ? openBucket(landingBucket) : null,
  });
  const told = tellTrainAlone(name, hasTest);
  if (told !== null) note(`${paint('yellow', 'warning', process.stderr)} ${told}`);
};

const tellLanded = (
  dataset: Dataset,
  { uploaded, unchanged, refused, refusedRows, labels }: LandedSource,
  pipelines: readonly PipelineVersion[],
  obstacles: StartObstacles,
): void => {
  printLine(
    `${count(uploaded, 'file')} of ${count(labels.length, 'label')} landed in dataset ${dataset.name}` +
      (unchanged > 0 ? `; ${unchanged} were there already` : '') +
      (refused > refusedRows ? `; ${refused - refusedRows} were left out` : '') +
      (refusedRows > 0 ? `; ${count(refusedRows, 'row')} of the manifest came to no file` : ''),
  );
  if (uploaded === 0) return printLine('nothing new, so nothing starts');
  for (const line of tellLanding(dataset, pipelines, obstacles)) printLine(line);
};

const land = async (
  context: LandingContext,
  { dataset, sourceText, options }: { dataset: string; sourceText: string; options: LandOptions },
): Promise<void> => {
  const groupPattern = options.groupPattern === undefined ? undefined : parseGroupPattern(options.groupPattern);
  // Before anything is sent: an unknown dataset is told of at once.
  const found = await context.registry.getDataset(dataset);
  const source = await openLandingSource(sourceText, context);
  try {
    const survey = await surveySource(source);
    noteSurvey(survey);
    if (groupPattern !== undefined) {
      const unmatched = await findUnmatchedName(source, survey, { dataset, groupPattern });
      if (unmatched !== null) note(tellUnmatched(groupPattern, unmatched));
    }
    if (await bringsTrainAlone(source, survey, { dataset })) await noteNoTest(context, found);
    const refused: SourceRefusal[] = [];
    const progress = createProgress('landing');
    const startedAt = performance.now();
    const landed = await landSource({
      source,
      survey,
      target: openTarget(context, dataset, options),
      place: { dataset, source: options.source, groupPattern },
      onRefused: (refusal) => {
        if (refused.length < LISTED) refused.push(refusal);
      },
      onProgress: (done) => {
        const told = formatRate({ ...done, seconds: (performance.now() - startedAt) / 1000 });
        progress.update(done.files, done.totalFiles, told);
      },
    }).finally(() => progress.stop());
    noteRefused(refused, landed.refused);
    if (landed.uploaded + landed.unchanged === 0) {
      throw new AppError(
        'refused',
        `nothing of ${source.name} could be taken: expected <label>/<file> or <train|val|test>/<label>/<file> in it, or a manifest.csv beside the images`,
        { details: { refused } },
      );
    }
    await noteFixedVal(context, found, landed);
    const { emptyLabels } = survey;
    if (options.json === true) {
      const list = refused.map(({ path, reason, detail }) => ({ path, reason, detail }));
      return printJson({ dataset, ...landed, refused: list, refusedFiles: landed.refused, emptyLabels });
    }
    const { registry } = context;
    const pipelines = await registry.listPipelines({ dataset });
    const { policy, latestVersion } = await registry.getDataset(dataset);
    const datasetVersion = latestVersion === null ? null : await registry.getDatasetVersion(latestVersion);
    const obstacles = await readStartObstacles(registry, { pipelines, policy, datasetVersion, now: new Date() });
    tellLanded(found, landed, pipelines, obstacles);
  } finally {
    await source.close();
  }
};

export const registerLand = (data: Command): void => {
  data
    .command('land <dataset> <source>')
    .description(
      'upload images to the landing zone, from which retraining starts by itself: a folder, a .zip, .tar, .tar.gz or .tgz archive, or s3://<bucket>/<prefix>; laid out as <label>/<file> or <train|val|test>/<label>/<file>, or with a manifest.csv or manifest.jsonl at the top',
    )
    .option('--source <name>', 'where the images come from, to tell sources apart in reports')
    .option('--group-pattern <regex>', 'images whose file names match with the same first group always share a split')
    .option(
      '--via-registry',
      'upload to addresses that the registry gives out; also done where no keys to the object store are set',
    )
    .option('--json', 'print what was landed as JSON')
    .action((dataset: string, sourceText: string, options: LandOptions, command: Command) =>
      sayWhenInterrupted(
        'stopped; what has landed may become a version; the same command goes on with what is missing',
        async () => land(await connectForLanding(command), { dataset, sourceText, options }),
      ),
    );
};

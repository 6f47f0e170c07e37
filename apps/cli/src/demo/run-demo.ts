/** The main job, told end to end: land → retrain → review → promote → serve, twice; then roll back. */
import { awaitGeneration } from '@graft/registry-client';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  evaluationSchema,
  type Drift,
  type Evaluation,
  type Interval,
  type LedgerEntry,
  type ModelVersion,
  type Run,
} from '@graft/contracts';
import type { Context } from '../context.js';
import { awaitPromotion, currentGeneration } from '../deployments.js';
import { landFiles } from '../landing.js';
import { count, note, paint } from '../output.js';
import { createProgress } from '../progress.js';
import { formatReport } from '../report.js';
import { createRunTeller, followRun, runFailure } from '../runs.js';
import {
  askAll,
  chooseProbes,
  compareAnswers,
  watchFromOutside,
  type AnswerComparison,
  type ClientView,
} from './client.js';
import { readDrift } from '../version-documents.js';
import type { Landing, Story } from './story.js';

const ENVIRONMENT = 'production';
/** How long a landing must rest before it becomes a version; short, since the demo lands everything at once. */
const QUIET_SECONDS = 4;
const RUN_START_TIMEOUT_MS = 300_000;
/** Probabilities of the same artifact on the same machine: equal but for the last bits of a float32. */
const SAME_ANSWER = 1e-5;

export interface StageTime {
  readonly name: string;
  readonly seconds: number;
}

export interface DemoVersion {
  readonly version: number;
  readonly runId: string;
  readonly datasetVersion: string;
  readonly newImages: number;
  readonly quarantined: number;
  readonly embedded: number;
  readonly reused: number;
  /** Share of right answers: by source, or for the whole test split. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly accuracyIntervals: Readonly<Record<string, Interval>>;
  readonly gate: Evaluation['gate']['verdict'];
  readonly superior: boolean;
  readonly drift: Drift | null;
}

export interface DemoResult {
  readonly dataset: string;
  readonly model: string;
  readonly versions: readonly DemoVersion[];
  readonly rollback: ClientView & {
    readonly toVersion: number;
    readonly acknowledgedMs: number;
    readonly answers: AnswerComparison;
  };
  readonly stages: readonly StageTime[];
  readonly ledger: readonly LedgerEntry[];
}

const heading = (text: string): void => note(`\n${paint('bold', text, process.stderr)}`);

/** Tells the story on a running stack. Stages are timed into `stages` as they end. */
export const runDemo = async (context: Context, story: Story, stages: StageTime[]): Promise<DemoResult> => {
  const { registry, servingUrl } = context;
  const { dataset, model } = story;
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    stages.push({ name, seconds: (performance.now() - startedAt) / 1000 });
    return result;
  };

  await registry.putDataset(dataset, { quietSeconds: QUIET_SECONDS, maxWaitSeconds: 300 });
  const pipeline = await registry.applyPipeline(await readFile(story.pipelineFile, 'utf8'));
  note(
    `pipeline ${pipeline.name} applied: ${pipeline.pipeline.train.backbone}, ${pipeline.pipeline.train.strategy}, subscribed to dataset ${dataset}`,
  );

  const [first, second] = story.landings;
  heading(`1. ${first.title} lands (${first.files.length} files)`);
  const runOne = await landAndRetrain(context, story, first, timed, stages);
  const one = await loadVersion(context, runOne);
  await approveAndPromote(context, one.version, one.report, timed);

  const probes = await chooseProbes([...first.files, ...second.files]);
  const answersOne = await askAll({ servingUrl, model, probes });

  heading(`2. ${second.title} lands (${second.files.length} files)`);
  const runTwo = await landAndRetrain(context, story, second, timed, stages);
  const two = await loadVersion(context, runTwo);
  await approveAndPromote(context, two.version, two.report, timed);

  heading('3. One command rolls back');
  const back = await timed('rollback', () => rollBack(context, story, probes));
  const answers = compareAnswers(answersOne, await askAll({ servingUrl, model, probes }));
  if (answers.maxDifference > SAME_ANSWER || answers.sameTop1 !== answers.compared) {
    throw new AppError(
      'internal',
      `after the rollback, answers differ from version ${one.version.version}'s by up to ${answers.maxDifference}`,
    );
  }
  note(
    `  the answers to ${answers.compared} images are version ${one.version.version}'s again (largest difference ${answers.maxDifference.toExponential(1)})`,
  );

  return {
    dataset,
    model,
    versions: [
      await describeVersion(context, story, one, runOne, two.report),
      await describeVersion(context, story, two, runTwo, null),
    ],
    rollback: { ...back, answers },
    stages,
    ledger: await registry.listLedger(model),
  };
};

type Timed = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const landAndRetrain = async (
  context: Context,
  story: Story,
  landing: Landing,
  timed: Timed,
  stages: StageTime[],
): Promise<Run> => {
  const { registry } = context;
  const known = new Set((await registry.listRuns({ pipeline: story.model })).map(({ id }) => id));
  await timed('land', async () => {
    const progress = createProgress('  landing');
    await landFiles({
      landing: context.landing,
      dataset: story.dataset,
      files: landing.files,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.stop();
  });
  note(`  landed; a run starts by itself after ${QUIET_SECONDS} quiet seconds`);
  const waitedFrom = performance.now();
  const run = await awaitNewRun(context, story, known);
  const waitedSeconds = (performance.now() - waitedFrom) / 1000;
  const version = await registry.getDatasetVersion(run.datasetVersion);
  const { ingestSeconds } = version;
  const ingestions = await registry.listIngestions(story.dataset);
  const duplicates = ingestions.find(({ datasetVersion }) => datasetVersion === version.id)?.duplicates ?? 0;
  stages.push({ name: 'wait for quiet', seconds: Math.max(0, waitedSeconds - ingestSeconds) });
  stages.push({ name: 'ingest', seconds: ingestSeconds });
  note(
    `  dataset version ${version.number}: ${version.images} images, ${version.newImages} new, ${version.quarantined} in quarantine${duplicates === 0 ? '' : `, ${count(duplicates, 'file')} the same as others`}; run ${run.id} started`,
  );
  const { tell } = createRunTeller();
  const ended = await followRun(registry, run.id, (event) => {
    tell(event);
    if (event.kind === 'finished' && event.seconds !== undefined)
      stages.push({ name: event.stage, seconds: event.seconds });
  });
  if (ended.state !== 'succeeded') throw runFailure(ended);
  return ended;
};

/** The run that the landing started. What the dataset left out is told when no run can start. */
const awaitNewRun = async ({ registry }: Context, story: Story, known: ReadonlySet<string>): Promise<Run> => {
  const startedAt = performance.now();
  while (performance.now() - startedAt < RUN_START_TIMEOUT_MS) {
    const run = (await registry.listRuns({ pipeline: story.model })).find(({ id }) => !known.has(id));
    if (run !== undefined) return run;
    await sleep(100);
  }
  throw new AppError(
    'timeout',
    `no run of pipeline ${story.model} started within ${RUN_START_TIMEOUT_MS / 1000} s; ./graft data versions ${story.dataset} and the orchestrator's log tell more`,
  );
};

interface LoadedVersion {
  readonly version: ModelVersion;
  readonly report: Evaluation;
}

const loadVersion = async ({ registry, blobs }: Context, run: Run): Promise<LoadedVersion> => {
  const pipeline = await registry.getPipeline(run.pipeline);
  const versions = await registry.listModelVersions(pipeline.pipeline.model ?? pipeline.name);
  const version = versions.find((candidate) => candidate.version === run.version);
  if (version === undefined)
    throw new AppError(
      'not_found',
      `run ${run.id} says it made version ${run.version}, which the registry doesn't have`,
    );
  return { version, report: await readDocument(blobs, evaluationSchema, version.reportDigest) };
};

/** The demo's reviewer says why, and does not hide that it goes on where a person might not. */
const REASONS = {
  pass: 'the gate passed',
  insufficient: 'approved for the demo, though the gate found the evidence insufficient',
  fail: 'the gate failed',
} as const satisfies Record<Evaluation['gate']['verdict'], string>;

const approveAndPromote = async (
  context: Context,
  version: ModelVersion,
  report: Evaluation,
  timed: Timed,
): Promise<void> => {
  const { registry } = context;
  note(`\n${formatReport({ version, report, drift: await readDrift(context.blobs, version) })}\n`);
  const review = (await registry.listReviews({ model: version.model })).find(
    (waiting) => waiting.version === version.version,
  );
  if (review === undefined) {
    throw new AppError(
      'refused',
      `${version.model} version ${version.version} is ${version.state} (gate ${report.gate.verdict}), so the demo ends here; what serves is unchanged`,
    );
  }
  await timed('review', () =>
    registry.approve(version.model, version.version, {
      reportDigest: review.reportDigest,
      championGeneration: review.championGeneration,
      reason: REASONS[report.gate.verdict],
    }),
  );
  const promotion = await timed('promote', async () => {
    const requested = await registry.requestPromotion(version.model, {
      version: version.version,
      environment: ENVIRONMENT,
      expectedGeneration: await currentGeneration(registry, version.model, ENVIRONMENT),
      reason: REASONS[report.gate.verdict],
    });
    return awaitPromotion(registry, requested.id, () => undefined);
  });
  note(`  version ${version.version} approved and promoted: it serves as generation ${promotion.generation}`);
};

const rollBack = async (
  context: Context,
  story: Story,
  probes: Awaited<ReturnType<typeof chooseProbes>>,
): Promise<ClientView & { toVersion: number; acknowledgedMs: number }> => {
  const probe = probes[0];
  if (probe === undefined) throw new AppError('internal', 'there is no image to watch the rollback with');
  const startedAt = performance.now();
  let entry: LedgerEntry | null = null;
  const view = await watchFromOutside({
    servingUrl: context.servingUrl,
    model: story.model,
    probe,
    act: async () =>
      (entry = await context.registry.rollback(story.model, {
        environment: ENVIRONMENT,
        reason: 'the demo shows that it can be taken back',
      })),
    timeoutMs: 30_000,
  });
  const { epoch, generation, version } = entry as unknown as LedgerEntry;
  await awaitGeneration(context.registry, {
    model: story.model,
    environment: ENVIRONMENT,
    epoch,
    generation,
    timeoutMs: 30_000,
  });
  const acknowledgedMs = performance.now() - startedAt;
  note(
    `  version ${version} serves again: a client saw it after ${view.clientMs.toFixed(0)} ms (${view.requests} requests meanwhile, ${view.failed} failed)`,
  );
  return { ...view, toVersion: version, acknowledgedMs };
};

/** Accuracy by source; what version 1 scores on a source it had never seen comes from its comparison with version 2. */
const accuracyOf = (story: Story, own: Evaluation, comparedIn: Evaluation | null): Record<string, Interval> => {
  const compared = comparedIn?.champion?.metrics;
  if (story.accuracyBy === 'source') return { ...(compared?.accuracyBySource ?? {}), ...own.metrics.accuracyBySource };
  return { [story.accuracyBy]: own.metrics.accuracy };
};

const describeVersion = async (
  context: Context,
  story: Story,
  { version, report }: LoadedVersion,
  run: Run,
  comparedIn: Evaluation | null,
): Promise<DemoVersion> => {
  const { newImages, quarantined } = await context.registry.getDatasetVersion(run.datasetVersion);
  const intervals = accuracyOf(story, report, comparedIn);
  return {
    version: version.version,
    runId: run.id,
    datasetVersion: run.datasetVersion,
    newImages,
    quarantined,
    embedded: run.embedded ?? 0,
    reused: run.reused ?? 0,
    accuracy: Object.fromEntries(Object.entries(intervals).map(([name, { value }]) => [name, value])),
    accuracyIntervals: intervals,
    gate: report.gate.verdict,
    superior: report.gate.superior,
    drift: await readDrift(context.blobs, version),
  };
};

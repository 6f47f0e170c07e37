/**
 * Whether a pipeline starts a run of a dataset version by itself, and why: the one place where that is decided. What starts
 * runs acts on it, what missed a start is found by it, and people are told by it; so that what is told is what is done.
 */
import { nextCron } from './cron.js';
import type { Digest } from './digest.js';
import type { StartDecision } from './ingestion.js';
import { SPLITS, type DatasetPolicy, type DatasetVersion } from './manifest.js';
import { trainDigest, type PipelineVersion } from './pipeline.js';
import type { Run, RunFilter } from './run.js';
import type { RetrainIdentity } from './workflows.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** More runs than any pipeline has in a day, or of one dataset version. */
const MANY_RUNS = 10_000;

/** What makes a run: its identity, and the pipeline as it is now. */
export interface RetrainIdentityWithDigest extends RetrainIdentity {
  readonly pipelineDigest: Digest;
}

/** `version`: there is a version that may have no run yet; `schedule`: a time of the pipeline's crontab has come. */
export type StartOccasion = 'version' | 'schedule';

export interface StartQuestion {
  /** The latest of its pipeline. */
  readonly pipelineVersion: PipelineVersion;
  /** The dataset's latest version; null where it has none. */
  readonly datasetVersion: DatasetVersion | null;
  readonly onLeakage: DatasetPolicy['onLeakage'];
  /** Earlier versions that hold just what it holds, newest first (`readSameVersions`). */
  readonly sameVersions: readonly DatasetVersion[];
  /** Of the pipeline, newest first: at least those of the dataset version and of the same ones, and those of the last 24 hours (`readRuns`). */
  readonly runs: readonly Run[];
  readonly now: Date;
  /** Default `version`. */
  readonly occasion?: StartOccasion;
}

export interface StartAnswer {
  readonly decision: StartDecision;
  /** What to start; null unless the decision is `starts`. */
  readonly identity: RetrainIdentityWithDigest | null;
}

/** Whether a version has the images and labels of its parent: then only its quarantine, or who gave a label, is another. */
const isSame = (version: DatasetVersion, parent: DatasetVersion): boolean =>
  version.newImages + version.removed + version.relabelled === 0 &&
  version.images === parent.images &&
  SPLITS.every((split) => version.bySplit[split] === parent.bySplit[split]) &&
  version.labels.length === parent.labels.length &&
  version.labels.every((label, at) => label === parent.labels[at]);

/**
 * The versions before one that hold its very images under its very labels, newest first: a model has nothing to learn from one
 * that it didn't from another.
 * @param version null gives none
 */
export const readSameVersions = async (
  get: (id: Digest) => Promise<DatasetVersion | null>,
  version: DatasetVersion | null,
): Promise<DatasetVersion[]> => {
  const same: DatasetVersion[] = [];
  for (let current = version; current !== null && current.parent !== null;) {
    const parent = await get(current.parent);
    if (parent === null || !isSame(current, parent)) break;
    same.push(parent);
    current = parent;
  }
  return same;
};

/** The runs that a decision is made on, newest first, out of whatever lists them. */
export const readRuns = async (
  list: (filter: RunFilter) => Promise<Run[]>,
  {
    pipeline,
    datasetVersion,
    sameVersions = [],
    now,
  }: {
    pipeline: string;
    datasetVersion: Digest | null;
    /** Those that hold what it holds; default none. */
    sameVersions?: readonly DatasetVersion[];
    now: Date;
  },
): Promise<Run[]> => {
  const since = new Date(now.getTime() - DAY_MS).toISOString();
  const versions = [...(datasetVersion === null ? [] : [datasetVersion]), ...sameVersions.map(({ id }) => id)];
  const listed = await Promise.all([
    list({ pipeline, since, limit: MANY_RUNS }),
    ...versions.map((version) => list({ pipeline, datasetVersion: version, limit: MANY_RUNS })),
  ]);
  const byId = new Map(listed.flat().map((run) => [run.id, run]));
  return [...byId.values()].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
};

/** Whether a run came to nothing before anything was computed: what it needed wasn't there, so it used up nothing. */
const failedBeforeTraining = ({ state, stage }: Run): boolean =>
  state === 'failed' && (stage === null || stage === 'plan');

/**
 * When the day's budget has room again; null where it has room now. The day is counted back from now: of a budget of 2, the third
 * run may start 24 hours after the first. Runs that were asked for don't count, nor do those that found nothing to train for or
 * failed while they were planned.
 */
export const budgetRoomAt = ({
  pipelineVersion,
  runs,
  now,
}: Pick<StartQuestion, 'pipelineVersion' | 'runs' | 'now'>): Date | null => {
  const { maxRunsPerDay } = pipelineVersion.pipeline;
  if (maxRunsPerDay === null) return null;
  const sinceMs = now.getTime() - DAY_MS;
  const counted = runs
    .filter((run) => run.asked === null && run.state !== 'skipped' && !failedBeforeTraining(run))
    .map(({ createdAt }) => Date.parse(createdAt))
    .filter((createdMs) => createdMs > sinceMs)
    .sort((a, b) => b - a);
  const first = counted[maxRunsPerDay - 1];
  return first === undefined ? null : new Date(first + DAY_MS);
};

const tellRun = (run: Run): string => {
  const again = `./graft runs start ${run.pipeline} --again --reason TEXT tries once more`;
  const asked = run.asked === null ? '' : `, which ${run.asked.by} asked for (${run.asked.reason})`;
  switch (run.state) {
    case 'requested':
      return `run ${run.id}${asked} is about to start`;
    case 'running':
      return `run ${run.id}${asked} is at it: ./graft runs watch ${run.id}`;
    case 'cancelling':
      return `run ${run.id}${asked} is being called off: ${run.error?.message ?? ''}. Once it has ended ${again}`;
    case 'succeeded':
      return `run ${run.id}${asked} made version ${run.version ?? '(none)'}`;
    case 'skipped':
      return `run ${run.id} trained nothing: ${run.error?.message ?? 'no drift'}. ${again}, drift or not`;
    case 'failed':
    case 'cancelled':
      return `run ${run.id}${asked} ${run.state === 'failed' ? 'failed' : 'was cancelled'}: ${run.error?.message ?? 'no cause was recorded'}. ${again}`;
  }
};

/** The newest run of a version that holds the same. */
const findRunOfSame = ({ sameVersions, runs }: StartQuestion): { run: Run; of: DatasetVersion } | null => {
  for (const of of sameVersions) {
    const run = runs.find(({ datasetVersion }) => datasetVersion === of.id);
    if (run !== undefined) return { run, of };
  }
  return null;
};

/**
 * Reasons come in the order in which a person would have to deal with them: a run that is there settles the matter; then what
 * only a person can change (switched off, leakage); then what time brings (the trigger, the budget).
 */
export const decideStart = (question: StartQuestion): StartAnswer => {
  const { pipelineVersion, datasetVersion, onLeakage, runs, now, occasion = 'version' } = question;
  const { name, pipeline, enabled, digest } = pipelineVersion;
  const { dataset } = pipeline.data;
  const no = (
    reason: StartDecision['reason'],
    message: string,
    rest: Partial<Pick<StartDecision, 'runId' | 'notBefore'>> = {},
  ): StartAnswer => ({
    decision: { pipeline: name, reason, message, runId: null, notBefore: null, ...rest },
    identity: null,
  });

  if (datasetVersion === null)
    return no(
      'no_version',
      `${dataset} has no version yet: one is made of what has landed once its policy is met (./graft data land ${dataset} FOLDER)`,
    );
  const version = `version ${datasetVersion.number} of ${dataset}`;
  const present = runs.find((run) => run.datasetVersion === datasetVersion.id);
  if (present !== undefined) return no('has_run', tellRun(present), { runId: present.id });
  const same = findRunOfSame(question);
  if (same !== null) {
    const { run, of } = same;
    return no(
      'nothing_new',
      `${version} holds the images and labels of version ${of.number}, of which ${tellRun(run)}. ./graft runs start ${name} --reason TEXT starts one of ${version}`,
      { runId: run.id },
    );
  }
  if (!enabled)
    return no('disabled', `it is switched off: ./graft pipelines enable ${name}, and ${version} gets its run`);
  if (datasetVersion.leaks > 0 && onLeakage === 'block')
    return no(
      'leakage',
      `${datasetVersion.leaks} landed ${datasetVersion.leaks === 1 ? 'image' : 'images'} would be both trained on and tested on in ${version}. ` +
        `See ./graft data quarantine ${dataset}, and correct them or ./graft data dismiss ${dataset} --all-leaks`,
    );
  const { on, cron } = pipeline.trigger;
  if (on === 'request')
    return no('not_on_landing', `it runs on request alone: ./graft runs start ${name} --reason TEXT`);
  if (on === 'schedule' && occasion !== 'schedule') {
    const next = cron === undefined ? null : nextCron(cron, now);
    return no(
      'not_on_landing',
      `it runs at the times of "${cron ?? ''}" (UTC)${next === null ? '' : `, next at ${next.toISOString()}`}; sooner with ./graft runs start ${name} --reason TEXT`,
      { notBefore: next?.toISOString() ?? null },
    );
  }
  const roomAt = budgetRoomAt(question);
  if (roomAt !== null) {
    const { maxRunsPerDay } = pipeline;
    return no(
      'budget_used_up',
      `its ${maxRunsPerDay} ${maxRunsPerDay === 1 ? 'run of 24 hours has' : 'runs of 24 hours have'} been had (those that were asked for, were skipped or failed before training don't count): it starts by itself from ${roomAt.toISOString()} on, or at once with ./graft runs start ${name} --reason TEXT`,
      { notBefore: roomAt.toISOString() },
    );
  }
  return {
    decision: {
      pipeline: name,
      reason: 'starts',
      message:
        on === 'drift'
          ? `a run of ${version} starts, and trains if it has drifted from what the champion learned from; while the model has no champion, it trains on every version`
          : `a run of ${version} starts`,
      runId: null,
      notBefore: null,
    },
    identity: {
      pipeline: name,
      pipelineDigest: digest,
      trainDigest: trainDigest(pipeline),
      datasetVersion: datasetVersion.id,
      attempt: 1,
    },
  };
};

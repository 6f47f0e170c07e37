/** What comes of a landing, as a person would tell it. */
import {
  budgetRoomAt,
  readRuns,
  type Dataset,
  type DatasetPolicy,
  type DatasetVersion,
  type PipelineVersion,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { count, formatTime } from '../output.js';

const listOf = (names: readonly string[]): string =>
  names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** What keeps pipelines from starting a run of the version that comes next. */
export interface StartObstacles {
  /** By pipeline: when a day's budget that is used up has room again. */
  readonly budgets: ReadonlyMap<string, Date>;
  /** Entries of the quarantine that no run starts before a person has seen. */
  readonly leaks: number;
}

/**
 * @param pipelines that subscribe to the dataset, the latest version of each
 * @param datasetVersion the latest; null where there is none
 */
export const readStartObstacles = async (
  registry: Pick<Registry, 'listRuns'>,
  {
    pipelines,
    policy,
    datasetVersion,
    now,
  }: {
    pipelines: readonly PipelineVersion[];
    policy: Pick<DatasetPolicy, 'onLeakage'>;
    datasetVersion: Pick<DatasetVersion, 'leaks'> | null;
    now: Date;
  },
): Promise<StartObstacles> => {
  const budgets = new Map<string, Date>();
  for (const pipelineVersion of pipelines) {
    const { name: pipeline } = pipelineVersion;
    if (pipelineVersion.pipeline.maxRunsPerDay === null) continue;
    const runs = await readRuns((filter) => registry.listRuns(filter), { pipeline, datasetVersion: null, now });
    const roomAt = budgetRoomAt({ pipelineVersion, runs, now });
    if (roomAt !== null) budgets.set(pipeline, roomAt);
  }
  return { budgets, leaks: policy.onLeakage === 'block' ? (datasetVersion?.leaks ?? 0) : 0 };
};

const tellRuns = (
  dataset: string,
  pipelines: readonly PipelineVersion[],
  { budgets, leaks }: StartObstacles,
): string => {
  if (pipelines.length === 0) return 'no pipeline learns from it yet (./graft pipelines apply FILE)';
  const starting = pipelines.filter(
    ({ enabled, pipeline }) => enabled && (pipeline.trigger.on === 'landing' || pipeline.trigger.on === 'drift'),
  );
  if (starting.length === 0)
    return `no run starts by itself (./graft runs start ${pipelines[0]?.name ?? 'PIPELINE'} --reason TEXT)`;
  if (leaks > 0)
    return `no run starts before a person has looked at ${count(leaks, 'image')} that would be both trained on and tested on (./graft data quarantine ${dataset})`;
  const free = starting.filter(({ name }) => !budgets.has(name));
  const held = starting.flatMap(({ name }) => {
    const roomAt = budgets.get(name);
    return roomAt === undefined
      ? []
      : [`none of ${name} before ${formatTime(roomAt.toISOString())}, as its runs of 24 hours have been had`];
  });
  const starts = free.length > 0 ? `a run of ${listOf(free.map(({ name }) => name))} starts (./graft runs list)` : null;
  if (starts !== null) return [starts, ...held].join(', ');
  return `no run starts by itself for now: ${held.join(', ')} (./graft runs start ${starting[0]?.name ?? 'PIPELINE'} --reason TEXT starts one at once)`;
};

/** Lines about what happens now that something new has landed in a dataset. */
export const tellLanding = (
  { name, policy, paused }: Pick<Dataset, 'name' | 'policy' | 'paused'>,
  pipelines: readonly PipelineVersion[],
  obstacles: StartObstacles,
): string[] => {
  if (paused !== null) {
    return [`dataset ${name} is paused by ${paused.by}: nothing comes of it before ./graft data resume ${name}`];
  }
  const { quietSeconds, minNewImages } = policy;
  const enough = minNewImages > 1 ? `, and once there are ${count(minNewImages, 'new image')}` : '';
  return [
    `after ${count(quietSeconds, 'quiet second')}${enough} what is new becomes a version (./graft data versions ${name}) and ${tellRuns(name, pipelines, obstacles)};`,
    `what is no sound image, or contradicts another, is left out (./graft data quarantine ${name}); what happens and why: ./graft data why ${name}`,
  ];
};

/** What comes of a landing, as a person would tell it. */
import type { Dataset, PipelineVersion } from '@graft/contracts';
import { count } from '../output.js';

const listOf = (names: readonly string[]): string =>
  names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const tellRuns = (pipelines: readonly PipelineVersion[]): string => {
  if (pipelines.length === 0) return 'no pipeline learns from it yet (./graft pipelines apply FILE)';
  const starting = pipelines.filter(
    ({ enabled, pipeline }) => enabled && (pipeline.trigger.on === 'landing' || pipeline.trigger.on === 'drift'),
  );
  if (starting.length > 0) return `a run of ${listOf(starting.map(({ name }) => name))} starts (./graft runs list)`;
  return `no run starts by itself (./graft runs start ${pipelines[0]?.name ?? 'PIPELINE'})`;
};

/** Lines about what happens now that something new has landed in a dataset. */
export const tellLanding = (
  { name, policy, paused }: Pick<Dataset, 'name' | 'policy' | 'paused'>,
  pipelines: readonly PipelineVersion[],
): string[] => {
  if (paused !== null) {
    return [`dataset ${name} is paused by ${paused.by}: nothing comes of it before ./graft data resume ${name}`];
  }
  const { quietSeconds, minNewImages } = policy;
  const enough = minNewImages > 1 ? `, and once there are ${count(minNewImages, 'new image')}` : '';
  return [
    `after ${count(quietSeconds, 'quiet second')}${enough} what is new becomes a version (./graft data versions ${name}) and ${tellRuns(pipelines)};`,
    `what is no sound image, or contradicts another, is left out (./graft data quarantine ${name}); what happens and why: ./graft data why ${name}`,
  ];
};

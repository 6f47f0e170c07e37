/** What a dataset waits for, as a person would tell it. */
import type { DatasetPolicy, DatasetStory } from '@graft/contracts';
import { count } from '../../parts/numbers.js';

/** Labels that are told one by one. */
const TOLD_LABELS = 5;

/** "after 10 quiet seconds, 900 at most, of 1 new image and 1 image a label at least". */
export const tellPolicy = ({ quietSeconds, maxWaitSeconds, minNewImages, minPerLabel }: DatasetPolicy): string => {
  const most = maxWaitSeconds === null ? 'however long that takes' : `${maxWaitSeconds} at most`;
  return `after ${count(quietSeconds, 'quiet second')}, ${most}, of ${count(minNewImages, 'new image')} and ${count(minPerLabel, 'image')} a label at least`;
};

const tellLacking = ({ watch, dataset }: DatasetStory): string => {
  const lacking = watch?.lacking ?? [];
  const objects = watch?.objects ?? null;
  const least = dataset.policy.minNewImages;
  const more = lacking.length - TOLD_LABELS;
  return [
    ...(objects !== null && objects < least ? [`${objects} of ${count(least, 'new image')} landed`] : []),
    ...lacking.slice(0, TOLD_LABELS).map(({ label, images, needed }) => `${label} has ${images} of ${needed} images`),
    ...(more > 0 ? [`${count(more, 'more label')} without enough images`] : []),
  ].join(', ');
};

export interface WatchTold {
  readonly state: 'paused' | 'idle' | 'settling' | 'waiting' | 'ingesting' | 'not looked at';
  readonly words: string;
  /** When a version is made if nothing more lands. */
  readonly dueAt: string | null;
}

export const tellWatch = (story: DatasetStory): WatchTold => {
  const { dataset, watch } = story;
  const { paused, lookAskedAt } = dataset;
  if (paused !== null && watch?.state !== 'ingesting') {
    const waiting = watch?.objects ?? 0;
    const words = `by ${paused.by}; what lands stays in the bucket${waiting > 0 ? `, ${count(waiting, 'object')} up to now` : ''}`;
    return { state: 'paused', words, dueAt: null };
  }
  if (watch === null) {
    const words =
      lookAskedAt === null ? 'nothing has landed yet' : 'a look was asked for: is the orchestrator running?';
    return { state: 'not looked at', words, dueAt: null };
  }
  switch (watch.state) {
    case 'settling':
      return { state: 'settling', words: 'images are landing: a version is made once it is quiet', dueAt: watch.dueAt };
    case 'waiting':
      return { state: 'waiting', words: tellLacking(story) || watch.message, dueAt: watch.dueAt };
    case 'ingesting':
      return { state: 'ingesting', words: watch.message, dueAt: null };
    case 'idle':
    case 'paused':
      return { state: 'idle', words: watch.message, dueAt: null };
  }
};

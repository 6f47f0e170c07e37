/** What is known of a dataset's versions and runs, as a person would tell it. */
import type { DatasetPolicy, DatasetStory, Ingestion, WatchStatus } from '@graft/contracts';
import { count, formatTime, nameDatasetVersion } from '../output.js';
import { tellWaitingBatches, type WaitingBatches } from './waiting-batches.js';

/** By digest. */
type VersionNumbers = ReadonlyMap<string, number>;

/** Labels that are told one by one. */
const TOLD_LABELS = 5;

/** Every minimum of the policy that isn't met, as far as the watcher counted. */
const tellLacking = ({ objects, lacking }: WatchStatus, { minNewImages }: DatasetPolicy): string => {
  const told = lacking
    .slice(0, TOLD_LABELS)
    .map(({ label, images, needed }) => `${label} has ${images} of ${needed} images`);
  const more = lacking.length - told.length;
  return [
    ...(objects !== null && objects < minNewImages ? [`${objects} of ${count(minNewImages, 'new image')} landed`] : []),
    ...told,
    ...(more > 0 ? [`${count(more, 'more label lacks', 'more labels lack')} images`] : []),
  ].join(', ');
};

const NO_BATCHES: WaitingBatches = { batches: [], complete: true };

const tellWatch = ({ dataset, watch }: DatasetStory, { batches }: WaitingBatches): string => {
  const { name, policy, paused, lookAskedAt } = dataset;
  if (paused !== null && watch?.state !== 'ingesting') {
    const waiting = watch?.objects ?? 0;
    const what = waiting === 0 ? 'what landed meanwhile' : `what landed, ${count(waiting, 'object')} up to now`;
    return `paused by ${paused.by} since ${formatTime(paused.at)}: ./graft data resume ${name} takes in ${what}`;
  }
  if (watch === null) {
    if (lookAskedAt === null && batches.length > 0) return 'nothing has been looked at yet';
    return lookAskedAt === null
      ? `nothing has landed yet: ./graft data land ${name} FOLDER`
      : `a look was asked for at ${formatTime(lookAskedAt)}: is the orchestrator running? ./graft status`;
  }
  const due = watch.dueAt === null ? null : formatTime(watch.dueAt);
  switch (watch.state) {
    case 'settling':
      return `images are landing: a version is made if it is quiet until ${due ?? '(unknown)'} (./graft data look ${name} makes it now)`;
    case 'waiting': {
      const what = watch.lacking.length === 0 ? watch.message : tellLacking(watch, policy);
      const until = due === null ? 'as long as it takes' : `until ${due}`;
      return `waiting ${until}: ${what} (./graft data look ${name} makes a version of what there is)`;
    }
    case 'ingesting':
      return `${watch.message}, since ${formatTime(watch.at)}${paused === null ? '' : `; then paused, by ${paused.by}`}`;
    case 'idle':
    case 'paused':
      return `idle since ${formatTime(watch.at)}: ${watch.message}`;
  }
};

const tellIngestion = (ingestion: Ingestion, name: string, numbers: VersionNumbers): string => {
  const { state, objects, inspected, corrections, newImages, duplicates, quarantined, datasetVersion } = ingestion;
  // A refused file within an archive is no object, and an image that a new label contradicts was there before.
  const beyond = corrections === 0 ? Math.min(quarantined, newImages + duplicates + quarantined - objects) : 0;
  const looked = `${count(objects, 'object')}${corrections === 0 ? '' : ` and corrections up to number ${corrections}`}`;
  switch (state) {
    case 'running':
      return `looking at ${looked}, ${inspected} so far`;
    case 'failed':
      return `failed on ${looked}: ${ingestion.error?.message ?? 'no cause was recorded'}`;
    case 'succeeded': {
      const left = [
        ...(duplicates === 0 ? [] : [`${count(duplicates, 'duplicate')}`]),
        ...(quarantined === 0
          ? []
          : [
              `${quarantined} left out${beyond > 0 ? `, ${beyond} of them of archives or of the version before` : ''} (./graft data quarantine ${name})`,
            ]),
      ];
      const made =
        datasetVersion === null
          ? 'no version'
          : `version ${nameDatasetVersion(datasetVersion, numbers.get(datasetVersion))}`;
      return `${made} of ${looked}: ${[count(newImages, 'new image'), ...left].join(', ')}`;
    }
  }
};

/**
 * Line by line: the watching, the last ingestions, the latest version, and each pipeline.
 * @param leftOutSince entries of the quarantine that the latest version doesn't count
 * @param numbers of the dataset's versions; one that isn't in it is told by its digest
 * @param waitingBatches batches that lie in the landing zone without their manifest
 */
export const tellDatasetStory = (
  story: DatasetStory,
  leftOutSince = 0,
  numbers: VersionNumbers = new Map(),
  waitingBatches: WaitingBatches = NO_BATCHES,
): string[] => {
  const { dataset, ingestions, latestVersion, pipelines } = story;
  const { name } = dataset;
  const pending = dataset.corrections - (latestVersion?.corrections ?? 0);
  const width = Math.max(0, ...pipelines.map(({ pipeline }) => pipeline.length));
  return [
    `${name}: ${tellWatch(story, waitingBatches)}`,
    ...tellWaitingBatches(waitingBatches).map((line) => `  ${line}`),
    ...(pending > 0 && latestVersion !== null ? [`  ${count(pending, 'correction')} in no version yet`] : []),
    ...(ingestions.length === 0 ? [] : ['', 'last ingestions']),
    ...ingestions.map(
      (ingestion) => `  ${formatTime(ingestion.startedAt)}  ${tellIngestion(ingestion, name, numbers)}`,
    ),
    '',
    latestVersion === null
      ? `no version yet${leftOutSince > 0 ? `; ${leftOutSince} left out (./graft data quarantine ${name})` : ''}`
      : `latest version ${nameDatasetVersion(latestVersion.id, latestVersion.number)} of ${formatTime(latestVersion.createdAt)}: ` +
        `${count(latestVersion.images, 'image')} of ${count(latestVersion.labels.length, 'label')}, ${latestVersion.newImages} of them new, ${latestVersion.quarantined} in quarantine${leftOutSince > 0 ? `, and ${leftOutSince} left out since` : ''}`,
    ...(pipelines.length === 0 ? [`no pipeline subscribes to ${name}: ./graft pipelines apply FILE`] : []),
    ...pipelines.map(({ pipeline, message }) => `  ${pipeline.padEnd(width)}  ${message}`),
  ];
};

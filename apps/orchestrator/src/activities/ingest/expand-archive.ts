/**
 * Takes a landed archive apart: its files become landed objects beside it, of which the next plan knows nothing special. The
 * archive lies in a temporary file meanwhile (a zip is read from its end), which is gone from its folder once it is open: nothing
 * is left of it whatever kills this worker. Done twice, it finds the objects there.
 */
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDocument, type ObjectStore } from '@graft/artifacts';
import {
  AppError,
  inspectedChunkSchema,
  landingChunkSchema,
  landingObjectSchema,
  nameSchema,
  type IngestActivities,
  type InspectedObject,
  type LandingObject,
} from '@graft/contracts';
import { landSource, openArchive, surveySource, toQuarantineEntry, type Source, type SourceRefusal } from '@graft/data';
import { whileBeating } from '@graft/platform/temporal';
import { z } from 'zod';
import type { IngestDependencies } from './dependencies.js';
import { createExpandedTarget } from './expanded-target.js';

const DEFAULT_MAX_ARCHIVE_BYTES = 20 * 1024 ** 3;
/** Refused files that get an entry of their own in the quarantine; one more entry says how many there are beside them. */
const MAX_TOLD = 10_000;
const MAX_KEY_LENGTH = 1024;

const inputSchema = z.object({ dataset: nameSchema, object: landingObjectSchema });

const unfit = (detail: string): AppError =>
  new AppError('image_unfit', detail, { details: { reason: 'archive_unfit' } });

const writeBody = async (path: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of body) {
      signal.throwIfAborted();
      await file.writeFile(piece);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
    throw new AppError('unavailable', `there is no space for an archive at ${path}: free some, or set TMPDIR`, {
      cause,
    });
  } finally {
    await file.close();
  }
};

/** Ends a body that nobody reads: a connection hangs on it. */
const letGo = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
  for await (const _piece of body) break;
};

/** The archive as a source; null where it is gone, or another one by now (the next plan finds that one). */
const fetchArchive = async (
  { key, etag, sizeBytes }: LandingObject,
  {
    landing,
    sourceLimits = {},
    maxArchiveBytes = DEFAULT_MAX_ARCHIVE_BYTES,
    temporaryFolder = tmpdir(),
  }: IngestDependencies,
  signal: AbortSignal,
): Promise<Source | null> => {
  if (sizeBytes > maxArchiveBytes) {
    throw unfit(`it has ${sizeBytes} bytes, archives of at most ${maxArchiveBytes} are taken apart: split it`);
  }
  const opened = await landing.open(key);
  if (opened === null) return null;
  if (opened.etag !== etag) {
    await letGo(opened.body);
    return null;
  }
  const folder = await mkdtemp(join(temporaryFolder, 'graft-archive-'));
  try {
    const path = join(folder, 'archive');
    await writeBody(path, opened.body, signal);
    return await openArchive({ path, name: key, limits: sourceLimits });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Keys of what is refused: under the archive's, as if it were a folder. */
const keyWithin = (archive: string, path: string): string => {
  const key = `${archive}/${path}`;
  return key.length <= MAX_KEY_LENGTH ? key : `${key.slice(0, MAX_KEY_LENGTH - 1)}…`;
};

const toInspected = ({ key, etag }: LandingObject, refusals: readonly SourceRefusal[], refused: number) => {
  const quarantine = (path: string, reason: SourceRefusal['reason'], detail: string): InspectedObject => ({
    outcome: 'quarantined',
    entry: { key: keyWithin(key, path), etag, sha256: null, reason, detail },
  });
  const more = refused - refusals.length;
  return [
    { outcome: 'read' as const, key, etag },
    ...refusals.map(({ path, reason, detail }) => quarantine(path, reason, detail)),
    ...(more > 0 ? [quarantine('…', 'archive_unfit', `${more} more of its files were refused`)] : []),
  ];
};

const expand = async (
  source: Source,
  {
    dataset,
    object,
    landing,
    signal,
  }: { dataset: string; object: LandingObject; landing: ObjectStore; signal: AbortSignal },
) => {
  const survey = await surveySource(source, { signal });
  const refusals: SourceRefusal[] = [];
  const landed = await landSource({
    source,
    survey,
    target: await createExpandedTarget(landing, `${dataset}/`),
    place: { dataset },
    onRefused: (refusal) => {
      if (refusals.length < MAX_TOLD) refusals.push(refusal);
    },
    signal,
  });
  return { landed, inspected: toInspected(object, refusals, landed.refused) };
};

export const createExpandArchive = (dependencies: IngestDependencies): IngestActivities['expandArchive'] => {
  const { landing, blobs, logger, scope } = dependencies;

  const inspect = async (dataset: string, object: LandingObject, signal: AbortSignal): Promise<InspectedObject[]> => {
    try {
      const source = await fetchArchive(object, dependencies, signal);
      if (source === null) return [];
      try {
        const { landed, inspected } = await expand(source, { dataset, object, landing, signal });
        logger.info({ dataset, key: object.key, ...landed }, 'archive taken apart');
        return inspected;
      } finally {
        await source.close();
      }
    } catch (thrown) {
      const entry = toQuarantineEntry(object, thrown);
      if (entry === null) throw thrown;
      logger.warn({ dataset, key: object.key, reason: entry.reason, detail: entry.detail }, 'archive set aside');
      return [{ outcome: 'quarantined', entry }];
    }
  };

  return async (input) => {
    const { dataset, object } = inputSchema.parse(input);
    const activity = scope();
    return whileBeating(activity, async () => {
      const objects = await inspect(dataset, object, activity.signal);
      const chunk = await writeDocument(blobs, landingChunkSchema, {
        schemaVersion: 'landing-chunk.v1',
        dataset,
        objects: [object],
      });
      return writeDocument(blobs, inspectedChunkSchema, {
        schemaVersion: 'inspected-chunk.v1',
        dataset,
        chunk,
        objects,
      });
    });
  };
};

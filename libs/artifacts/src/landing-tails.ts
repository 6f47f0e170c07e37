/**
 * What ingestions looked at without making a version of it (duplicates, things for the quarantine): objects under
 * `landing-logs/<dataset>/` in the artifacts bucket, one an ingestion, until the next version's own log and quarantine
 * take them in. A version can't carry them: with the same images it would be the same version.
 */
import {
  AppError,
  nameSchema,
  quarantineEntrySchema,
  toCanonicalDocument,
  type QuarantineEntry,
} from '@graft/contracts';
import { z } from 'zod';
import type { ObjectStore } from './object-store.js';

const landingTailSchema = z.object({
  schemaVersion: z.literal('landing-tail.v1'),
  dataset: nameSchema,
  looked: z.array(z.object({ key: z.string(), etag: z.string() })),
  quarantine: z.array(quarantineEntrySchema),
});
export type LandingTail = z.infer<typeof landingTailSchema>;

export interface LandingTails {
  /** Keys of the objects that were read, to be removed once a version holds what they say. */
  readonly keys: readonly string[];
  readonly looked: LandingTail['looked'];
  readonly quarantine: readonly QuarantineEntry[];
}

const prefixOf = (dataset: string): string => `landing-logs/${dataset}/`;

const parseTail = (key: string, bytes: Uint8Array): LandingTail => {
  try {
    return landingTailSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new AppError(
      'corrupt',
      `object ${key} is no landing-tail.v1 document: remove it, and its objects are looked at again`,
      {
        details: { key },
        cause,
      },
    );
  }
};

export const readLandingTails = async (objects: ObjectStore, dataset: string): Promise<LandingTails> => {
  const keys: string[] = [];
  const tails: LandingTail[] = [];
  for await (const { key } of objects.list(prefixOf(dataset))) {
    const object = await objects.get(key);
    // Taken in by a version between the listing and now.
    if (object === null) continue;
    keys.push(key);
    tails.push(parseTail(key, object.bytes));
  }
  return {
    keys,
    looked: tails.flatMap(({ looked }) => looked),
    quarantine: tails.flatMap(({ quarantine }) => quarantine),
  };
};

/** Keeps a tail under its digest: the same again is the same object. */
export const writeLandingTail = async (
  objects: ObjectStore,
  tail: Omit<LandingTail, 'schemaVersion'>,
): Promise<void> => {
  const { bytes, digest } = toCanonicalDocument(landingTailSchema, { schemaVersion: 'landing-tail.v1', ...tail });
  await objects.put(`${prefixOf(tail.dataset)}${digest}.json`, bytes, { mediaType: 'application/json' });
};

export const removeLandingTails = async (objects: ObjectStore, keys: readonly string[]): Promise<void> => {
  for (const key of keys) await objects.remove(key);
};

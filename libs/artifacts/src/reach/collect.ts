/**
 * Collection of garbage: mark what is reachable, look through the bucket, mark again, remove what neither reached.
 *
 * What somebody writes meanwhile is safe without a lock. An object is removed only where nothing reached it at the start nor at the
 * end, and where it was put before the cutoff: the age that was asked for, and an hour before the oldest work that isn't done. Who
 * puts an object that is there already makes it young again (content-store.ts). An object is looked at once more just before it goes.
 * Each removal stands alone: a collection that is killed has removed some, and the next one goes on.
 */
import { activationKeySchema, AppError, type Digest, type References } from '@graft/contracts';
import pLimit from 'p-limit';
import type { ObjectInfo, ObjectStore } from '../object-store.js';
import { sniffKind } from './kinds.js';
import { markReachable, type Marked, type Roots } from './mark.js';

const CONCURRENCY = 8;
/** Work refers to objects that it found young: twice what content-store.ts calls fresh. */
const MARGIN_MS = 60 * 60_000;

/** Where what is collected lies. Whatever lies elsewhere in the bucket is nobody's garbage. */
const PREFIXES = ['sha256/', 'activations/', 'checkpoints/'] as const;

const CONTENT = /^sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/;
const ACTIVATION = /^activations\/([0-9a-f]{64})\/(?:([0-9a-f]{64})\.safetensors|key\.json)$/;
const CHECKPOINT = /^checkpoints\/(.+)\/[0-9a-f]{64}\.safetensors$/;

export interface CollectedKind {
  readonly kind: string;
  readonly objects: number;
  readonly bytes: number;
}

export interface GarbageCollection {
  /** Put before this; ISO 8601. */
  readonly cutoff: string;
  /** What is reachable, or can't be told. */
  readonly kept: { readonly objects: number; readonly bytes: number };
  /** What isn't reachable, and too young. */
  readonly young: { readonly objects: number; readonly bytes: number };
  /** What went, or would go; in ascending order of kind. */
  readonly removed: readonly CollectedKind[];
}

export interface CollectOptions {
  readonly objects: ObjectStore;
  /** Reads the registry; asked at the start and at the end. */
  readonly readRoots: () => Promise<Roots>;
  readonly olderThanMs: number;
  /** Tells what would go, and removes nothing. */
  readonly isDryRun: boolean;
  readonly onProgress?: (
    stage: 'marking' | 'listing' | 'marking again' | 'examining' | 'removing',
    done: number,
    known: number,
  ) => void;
}

/** Objects put before this moment may go (ms since 1970): by age, and by what is under way. */
export const cutoffOf = (
  { at, underWaySince }: Pick<References, 'at' | 'underWaySince'>,
  olderThanMs: number,
): number =>
  Math.min(Date.parse(at) - olderThanMs, underWaySince === null ? Infinity : Date.parse(underWaySince) - MARGIN_MS);

type IsNeeded = (key: string) => boolean;

/** Undefined where it is none. */
const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

/** Whose activations lie in a folder; a folder that doesn't say is left alone. */
const readActivationOwners = async (
  objects: Pick<ObjectStore, 'get'>,
  keys: ReadonlySet<Digest>,
): Promise<ReadonlyMap<Digest, Digest>> => {
  const owners = new Map<Digest, Digest>();
  for (const key of keys) {
    const object = await objects.get(`activations/${key}/key.json`);
    if (object === null) continue;
    const parsed = activationKeySchema.safeParse(parseJson(object.bytes));
    if (parsed.success) owners.set(key, parsed.data.onnxDigest);
  }
  return owners;
};

/** Of the folders of activations: whose they are, and those that hold shards. */
interface Activations {
  readonly owners: ReadonlyMap<Digest, Digest>;
  readonly occupied: ReadonlySet<Digest>;
}

const needs =
  (marked: Marked, { runsUnderWay }: References, { owners, occupied }: Activations): IsNeeded =>
  (key) => {
    const content = CONTENT.exec(key)?.[1];
    if (content !== undefined) return marked.digests.has(content);
    const [, activationKey, shard] = ACTIVATION.exec(key) ?? [];
    if (activationKey !== undefined) {
      const owner = owners.get(activationKey);
      if (owner === undefined || marked.liveEmbedders.has(owner)) return true;
      // What says whose a folder is goes last, by another collection: shards that stay would be nobody's without it.
      return shard === undefined ? occupied.has(activationKey) : marked.digests.has(shard);
    }
    const run = CHECKPOINT.exec(key)?.[1];
    return run === undefined || runsUnderWay.includes(run);
  };

const amountOf = (all: readonly ObjectInfo[]): { objects: number; bytes: number } => ({
  objects: all.length,
  bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

const byKind = (all: readonly (ObjectInfo & { kind: string })[]): CollectedKind[] =>
  [...new Set(all.map(({ kind }) => kind))]
    .sort()
    .map((kind) => ({ kind, ...amountOf(all.filter((one) => one.kind === kind)) }));

/** @throws AppError as `markReachable`; then nothing was removed. What a store or a registry that doesn't answer throws. */
export const collectGarbage = async (options: CollectOptions): Promise<GarbageCollection> => {
  const { objects, readRoots, olderThanMs, isDryRun, onProgress } = options;
  const mark = (roots: Roots, stage: 'marking' | 'marking again'): Promise<Marked> =>
    markReachable(objects, roots, (done, known) => onProgress?.(stage, done, known));

  const before = await readRoots();
  const first = await mark(before, 'marking');
  const listed: ObjectInfo[] = [];
  const activationKeys = new Set<Digest>();
  const occupied = new Set<Digest>();
  for (const prefix of PREFIXES) {
    for await (const object of objects.list(prefix)) {
      listed.push(object);
      const [, key, shard] = ACTIVATION.exec(object.key) ?? [];
      if (key !== undefined) activationKeys.add(key);
      if (key !== undefined && shard !== undefined) occupied.add(key);
      onProgress?.('listing', listed.length, listed.length);
    }
  }
  const activations = { owners: await readActivationOwners(objects, activationKeys), occupied };
  const isReached = needs(first, before.references, activations);
  const unreached = listed.filter(({ key }) => !isReached(key));

  const after = await readRoots();
  const isReachedNow = needs(await mark(after, 'marking again'), after.references, activations);
  const garbage = unreached.filter(({ key }) => !isReachedNow(key));
  const cutoff = Math.min(...[before, after].map(({ references }) => cutoffOf(references, olderThanMs)));
  if (Number.isNaN(cutoff)) throw new AppError('invalid_request', `no age: ${olderThanMs} ms`);
  const isOld = ({ lastModified }: ObjectInfo): boolean => lastModified.getTime() < cutoff;
  const old = garbage.filter(isOld);

  const limit = pLimit(CONCURRENCY);
  let done = 0;
  const remove = async (object: ObjectInfo): Promise<(ObjectInfo & { kind: string })[]> => {
    const kind = await sniffKind(objects, object.key);
    const now = isDryRun ? object : await objects.head(object.key);
    // Gone, or put again since it was listed.
    const goes = now !== null && isOld(now);
    if (goes && !isDryRun) await objects.remove(object.key);
    done += 1;
    onProgress?.(isDryRun ? 'examining' : 'removing', done, old.length);
    return goes ? [{ ...object, kind }] : [];
  };
  const removed = (await Promise.all(old.map((object) => limit(() => remove(object))))).flat();
  const garbageKeys = new Set(garbage.map(({ key }) => key));
  return {
    cutoff: new Date(cutoff).toISOString(),
    kept: amountOf(listed.filter(({ key }) => !garbageKeys.has(key))),
    young: amountOf(garbage.filter((object) => !isOld(object))),
    removed: byKind(removed),
  };
};

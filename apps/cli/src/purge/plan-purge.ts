/** What a purge of an object means, before anything is changed. */
import {
  contentKey,
  findReferrers,
  linksOfDatasetVersion,
  linksOfLedgerEntry,
  linksOfModelVersion,
  readDocument,
  type ObjectStore,
} from '@graft/artifacts';
import {
  digestOfBytes,
  erasureOf,
  quarantineSchema,
  type BlobStore,
  type DatasetVersion,
  type Digest,
  type ManifestImage,
  type QuarantineEntry,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import type { Registry } from '@graft/registry-client';
import { findShardsOf } from './activation-shards.js';

export type PurgeRegistry = Pick<
  Registry,
  | 'listReferences'
  | 'listModels'
  | 'listModelVersions'
  | 'listLedger'
  | 'listDatasets'
  | 'listDatasetVersions'
  | 'listCorrections'
  | 'createCorrection'
  | 'recordErasure'
>;

export interface PurgeStores {
  readonly registry: PurgeRegistry;
  readonly artifacts: ObjectStore;
  readonly landing: ObjectStore;
  readonly blobs: BlobStore;
}

export interface PurgePlan {
  readonly digest: Digest;
  /** Bytes of the object; null: it isn't there (any more). */
  readonly sizeBytes: number | null;
  /** For a person: what it is, and what rests on it. */
  readonly referrers: readonly string[];
  /** Other objects that show it: thumbnails in quarantines. */
  readonly derived: readonly Digest[];
  /** Shards of activations that hold a row of it. */
  readonly shards: readonly string[];
  /** Landed objects with the same bytes. */
  readonly landed: readonly string[];
  /** Datasets whose next version has to leave it out. */
  readonly datasets: readonly string[];
}

interface Sightings {
  readonly images: readonly (ManifestImage & { dataset: string })[];
  readonly entries: readonly (QuarantineEntry & { dataset: string })[];
  readonly datasets: readonly string[];
}

/** Where versions of datasets hold the image, or left it out. */
const findImage = async (blobs: BlobStore, digest: Digest, versions: readonly DatasetVersion[]): Promise<Sightings> => {
  const found = { images: [] as Sightings['images'][number][], entries: [] as Sightings['entries'][number][] };
  const datasets = new Set<string>();
  const newest = new Map<string, number>();
  for (const { dataset, number } of versions) newest.set(dataset, Math.max(number, newest.get(dataset) ?? 0));
  /** What was erased itself tells nothing any more. */
  const orNothing = async <T>(reading: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await reading;
    } catch (thrown) {
      if (erasureOf(thrown) === null) throw thrown;
      return nothing;
    }
  };
  for (const { id, dataset, number, quarantine } of versions) {
    const images = await orNothing(
      readDatasetVersion(blobs, id).then((version) => version.images),
      [],
    );
    const held = images.filter(({ sha256 }) => sha256 === digest).map((image) => ({ ...image, dataset }));
    found.images.push(...held);
    if (held.length > 0 && newest.get(dataset) === number) datasets.add(dataset);
    if (quarantine === null) continue;
    const entries = await orNothing(
      readDocument(blobs, quarantineSchema, quarantine).then((document) => document.entries),
      [],
    );
    found.entries.push(...entries.filter(({ sha256 }) => sha256 === digest).map((entry) => ({ ...entry, dataset })));
  }
  return { ...found, datasets: [...datasets].sort() };
};

/** Landed objects of a dataset that have the very bytes, wherever they lie in it. */
const findLanded = async (
  landing: ObjectStore,
  { digest, sizes, datasets }: { digest: Digest; sizes: readonly number[]; datasets: readonly string[] },
): Promise<string[]> => {
  const found: string[] = [];
  for (const dataset of datasets) {
    for await (const { key, sizeBytes } of landing.list(`${dataset}/`)) {
      if (!sizes.includes(sizeBytes)) continue;
      const object = await landing.get(key);
      if (object !== null && digestOfBytes(object.bytes) === digest) found.push(key);
    }
  }
  return found;
};

/** Every link that could lead to the object, and the tables whose rows name it. */
const readReferrers = async (
  { registry, blobs }: Pick<PurgeStores, 'registry' | 'blobs'>,
  digest: Digest,
  versions: readonly DatasetVersion[],
): Promise<string[]> => {
  const models = (await registry.listModels()).map(({ name }) => name);
  const made = (await Promise.all(models.map((name) => registry.listModelVersions(name)))).flat();
  const entries = (await Promise.all(models.map((name) => registry.listLedger(name)))).flat();
  const from = [
    ...versions.flatMap(linksOfDatasetVersion),
    ...made.flatMap(linksOfModelVersion),
    ...entries.flatMap(linksOfLedgerEntry),
  ];
  const { named } = await registry.listReferences();
  const tables = Object.entries(named).filter(([, digests]) => digests.includes(digest));
  return [...(await findReferrers(blobs, { digest, from })), ...tables.map(([table]) => `a row of table ${table}`)];
};

/** Reads all that could refer to the object; changes nothing. */
export const planPurge = async (stores: PurgeStores, digest: Digest): Promise<PurgePlan> => {
  const { registry, artifacts, landing, blobs } = stores;
  const datasets = (await registry.listDatasets()).map(({ name }) => name);
  const versions = (await Promise.all(datasets.map((name) => registry.listDatasetVersions(name)))).flat();
  const { images, entries, datasets: held } = await findImage(blobs, digest, versions);
  const head = await artifacts.head(contentKey(digest));
  const sizes = [...new Set([...images.map(({ sizeBytes }) => sizeBytes), ...(head === null ? [] : [head.sizeBytes])])];
  const seenIn = [...new Set([...images, ...entries].map(({ dataset }) => dataset))];
  return {
    digest,
    sizeBytes: head?.sizeBytes ?? null,
    referrers: await readReferrers(stores, digest, versions),
    derived: [...new Set(entries.flatMap(({ thumbnail }) => thumbnail ?? []))],
    shards: await findShardsOf(artifacts, digest),
    landed: await findLanded(landing, { digest, sizes, datasets: seenIn }),
    datasets: held,
  };
};

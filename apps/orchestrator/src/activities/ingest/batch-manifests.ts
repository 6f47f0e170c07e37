/**
 * Batches: folders `<dataset>/@<batch>/…` of the landing zone whose manifest says what lies in them. Nothing of a batch is looked
 * at before its manifest is there. A replaced manifest adds what the earlier one didn't name; what was taken stays as it is.
 */
import type { ObjectStore } from '@graft/artifacts';
import { AppError, type LandingObject, type QuarantineReason } from '@graft/contracts';
import {
  DEFAULT_SOURCE,
  isIgnored,
  MANIFEST_NAMES,
  MAX_MANIFEST_BYTES,
  parseEntryPath,
  parseManifestFile,
  toQuarantineEntry,
  type BatchKey,
  type ManifestFile,
} from '@graft/data';

/** Manifests that are kept parsed: a reconciler asks again and again. */
const MAX_KEPT = 4;
/** Lines that a quarantine entry names of a manifest. */
const MAX_LINES = 20;

interface BatchManifest {
  readonly key: string;
  readonly etag: string;
  /** Or what is wrong with all of it. */
  readonly manifest: ManifestFile | { readonly why: string };
}

/** What an object of a batch comes to; null while it has to wait, and for what nobody means to land. */
export type ResolveBatchObject = (listed: LandingObject, batch: BatchKey) => Promise<LandingObject | null>;

const settle = (object: LandingObject, reason: QuarantineReason, detail: string): LandingObject => ({
  ...object,
  settled: { outcome: 'unfit', reason, detail },
});

const describeProblems = ({ problems }: ManifestFile): string => {
  const lines = problems.slice(0, MAX_LINES).map(({ line, detail }) => `line ${line}: ${detail}`);
  const more = problems.length - lines.length;
  return `rows that can't be used: ${lines.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
};

const readManifest = async (
  landing: Pick<ObjectStore, 'get'>,
  { key, etag }: { key: string; etag: string },
): Promise<BatchManifest | null> => {
  try {
    const object = await landing.get(key, { maxBytes: MAX_MANIFEST_BYTES });
    if (object === null) return null;
    return { key, etag: object.etag, manifest: parseManifestFile({ name: key, bytes: object.bytes }) };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'too_large')
      return { key, etag, manifest: { why: thrown.message } };
    const entry = toQuarantineEntry({ key, etag }, thrown);
    if (entry === null) throw thrown;
    return { key, etag, manifest: { why: entry.detail } };
  }
};

/** Finds the manifests of batches, and keeps the last few. */
export const createManifestReader = (
  landing: Pick<ObjectStore, 'head' | 'get'>,
): ((prefix: string) => Promise<BatchManifest | null>) => {
  const kept = new Map<string, BatchManifest>();
  return async (prefix) => {
    for (const name of MANIFEST_NAMES) {
      const head = await landing.head(`${prefix}${name}`);
      if (head === null) continue;
      const present = kept.get(prefix);
      if (present?.key === head.key && present.etag === head.etag) return present;
      const read = await readManifest(landing, head);
      if (read === null) continue;
      kept.delete(prefix);
      kept.set(prefix, read);
      for (const oldest of [...kept.keys()].slice(0, -MAX_KEPT)) kept.delete(oldest);
      return read;
    }
    return null;
  };
};

/** What one object comes to under its batch's manifest. */
const resolveObject = (listed: LandingObject, path: string, found: BatchManifest): LandingObject | null => {
  const { key, manifest } = found;
  if ('why' in manifest) {
    // The rest waits for a manifest that can be read.
    return listed.key === key ? settle(listed, 'manifest_unfit', manifest.why) : null;
  }
  if (listed.key === key) {
    return manifest.problems.length === 0
      ? { ...listed, settled: { outcome: 'read' } }
      : settle(listed, 'manifest_unfit', describeProblems(manifest));
  }
  if (isIgnored(path)) return null;
  const parsed = parseEntryPath(path);
  if ('why' in parsed) return settle(listed, 'unexpected_key', parsed.why);
  const row = manifest.rows.get(parsed.path);
  if (row !== undefined) {
    const { label, split, group, source } = row;
    return { ...listed, place: { label, split, group, source: source ?? DEFAULT_SOURCE } };
  }
  // Logged with the manifest's etag, so that it is looked at again once another manifest says something of it.
  const judged = { ...listed, etag: `${listed.etag}@${found.etag}` };
  const why = manifest.refused.get(parsed.path);
  return why === undefined
    ? settle(judged, 'not_in_manifest', `${key} doesn't name it`)
    : settle(judged, 'manifest_unfit', `${key}, ${why}`);
};

/** For one listing, whose objects come in ascending order of key: each manifest is looked for once. */
export const createBatchResolver = (
  readBatchManifest: (prefix: string) => Promise<BatchManifest | null>,
): ResolveBatchObject => {
  let current: { prefix: string; manifest: BatchManifest | null } | null = null;
  return async (listed, { prefix, path }) => {
    if (current?.prefix !== prefix) current = { prefix, manifest: await readBatchManifest(prefix) };
    return current.manifest === null || path === '' ? null : resolveObject(listed, path, current.manifest);
  };
};

/**
 * What an object's key in the landing bucket says: `<dataset>/<label>/<file>`, or `<dataset>/<train|val|test>/<label>/<file>`
 * where its uploader fixes the split; and what its user metadata adds (`group`, `source`, `split`).
 */
import {
  BATCH_MARK,
  imageUnfit,
  isReservedName,
  isSplitName,
  manifestImageSchema,
  nameSchema,
  normalizeLabel,
  readLabel,
  splitSchema,
  type Split,
} from '@graft/contracts';
import { isArchiveName, MAX_NAME_BYTES, parseEntryPath, showName } from './sources/entry-path.js';

export interface LandingKey {
  readonly dataset: string;
  /** The split that the uploader fixed by folder; null where there is none. */
  readonly split: Split | null;
  readonly label: string;
  readonly file: string;
}

export interface LandingPlace extends LandingKey {
  readonly group: string | null;
  /** `landing` where the uploader named none. */
  readonly source: string;
}

/** Where an image comes from whose uploader named no source. */
export const DEFAULT_SOURCE = 'landing';

/** `<dataset>/<name>.zip` (or .tar, .tar.gz, .tgz): an archive whose files are landed objects to come. */
export const isArchiveKey = (key: string): boolean => key.split('/').length === 2 && isArchiveName(key);

export interface BatchKey {
  /** `<dataset>/@<batch>/` */
  readonly prefix: string;
  /** Of the object, under the prefix. */
  readonly path: string;
}

/** Where an object of a batch lies; null for the key of any other. */
export const parseBatchKey = (key: string): BatchKey | null => {
  const [dataset = '', batch = '', ...rest] = key.split('/');
  if (!batch.startsWith(BATCH_MARK) || rest.length === 0) return null;
  return { prefix: `${dataset}/${batch}/`, path: rest.join('/') };
};

const SHAPE = 'expected <dataset>/<label>/<file> or <dataset>/<train|val|test>/<label>/<file>';

/**
 * Reads a landing key. The label comes in its normal form (`normalizeLabel`), so that a folder named on a Mac, or with a space at its
 * end, is the same label.
 * @throws AppError `image_unfit` with reason `unexpected_key` when it has another shape.
 */
export const parseLandingKey = (key: string): LandingKey => {
  const parts = key.split('/');
  const file = parts.at(-1) ?? '';
  if (parts.length >= 2 && file === '') {
    throw imageUnfit('unexpected_key', `"${key}" is an empty folder: put images under it, or remove it`);
  }
  const split = parts.length === 4 ? splitSchema.safeParse(parts[1]).data : undefined;
  if (parts.length !== 3 && split === undefined) throw imageUnfit('unexpected_key', `${SHAPE}, got "${key}"`);
  const dataset = nameSchema.safeParse(parts[0]);
  if (!dataset.success) throw imageUnfit('unexpected_key', `"${parts[0]}" is no dataset name (in "${key}")`);
  const folder = parts.at(-2) ?? '';
  const read = readLabel(folder);
  if ('why' in read) {
    throw imageUnfit('unexpected_key', `"${folder}" can't be a label: ${read.why} (in "${key}")`);
  }
  if (split === undefined && isSplitName(read.label)) {
    const meant = `${dataset.data}/${read.label}/<label>/${file}`;
    throw imageUnfit(
      'unexpected_key',
      `"${folder}" is the folder of a split, and no label follows (in "${key}"): expected ${meant}`,
    );
  }
  return { dataset: dataset.data, split: split ?? null, label: read.label, file };
};

/**
 * Reads key and metadata together. An empty value counts as none.
 * @param metadata user metadata, names in lower case
 * @throws AppError `image_unfit` with reason `unexpected_key` when the key has another shape, a value can't be used, or
 * folder and metadata name different splits.
 */
export const parseLandingObject = ({
  key,
  metadata = {},
}: {
  key: string;
  metadata?: Readonly<Record<string, string>>;
}): LandingPlace => {
  const place = parseLandingKey(key);
  const group = manifestImageSchema.shape.group.safeParse(metadata['group'] || null);
  if (!group.success)
    throw imageUnfit('unexpected_key', `the metadata "group" of "${key}" is longer than 200 characters`);
  const source = manifestImageSchema.shape.source.safeParse(metadata['source'] || DEFAULT_SOURCE);
  if (!source.success || isReservedName(source.data)) {
    throw imageUnfit('unexpected_key', `the metadata "source" of "${key}" can't be used`);
  }
  const named = metadata['split'];
  if (!named) return { ...place, group: group.data, source: source.data };
  const split = splitSchema.safeParse(named);
  if (!split.success) {
    throw imageUnfit('unexpected_key', `the metadata "split" of "${key}" is "${named}", expected train, val or test`);
  }
  if (place.split !== null && place.split !== split.data) {
    throw imageUnfit('unexpected_key', `"${key}" lies in ${place.split}, but its metadata says split "${split.data}"`);
  }
  return { ...place, split: split.data, group: group.data, source: source.data };
};

/**
 * The key and the metadata under which an image is put to be read back as this place: the way back of `parseLandingObject`.
 * @param place `source` null: none is named, which counts as `landing`
 * @throws AppError `image_unfit` with reason `unexpected_key` where no key says it.
 */
export const toLandingObject = ({
  dataset,
  split,
  label,
  file,
  group,
  source,
}: LandingKey & { readonly group: string | null; readonly source: string | null }): {
  key: string;
  metadata: Record<string, string>;
} => {
  const parsed = parseEntryPath(file);
  if ('why' in parsed) throw imageUnfit('unexpected_key', `"${showName(file)}" can't be a file's name: ${parsed.why}`);
  const key = [dataset, ...(split === null ? [] : [split]), normalizeLabel(label), parsed.path].join('/');
  if (Buffer.byteLength(key) > MAX_NAME_BYTES) {
    throw imageUnfit('unexpected_key', `the key "${showName(key)}" is longer than ${MAX_NAME_BYTES} bytes`);
  }
  const metadata = { ...(group === null ? {} : { group }), ...(source === null ? {} : { source }) };
  const read = parseLandingObject({ key, metadata });
  if (read.split !== split || read.file !== parsed.path)
    throw imageUnfit('unexpected_key', `${SHAPE}, got "${showName(key)}"`);
  return { key, metadata };
};

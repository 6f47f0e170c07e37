/**
 * What an object's key in the landing bucket says: `<dataset>/<label>/<file>`, or `<dataset>/<train|val|test>/<label>/<file>`
 * where its uploader fixes the split; and what its user metadata adds (`group`, `source`, `split`).
 */
import { labelSchema, manifestImageSchema, nameSchema, splitSchema, type Split } from '@graft/contracts';
import { imageUnfit } from './image-unfit.js';

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

const DEFAULT_SOURCE = 'landing';

/** Names that an object's own keys can't hold: counts by label and by source are written as JSON objects. */
const RESERVED = new Set(['__proto__']);

const SHAPE = 'expected <dataset>/<label>/<file> or <dataset>/<train|val|test>/<label>/<file>';

/**
 * Reads a landing key. Labels are put in Unicode's composed form (NFC), so that a folder named on a Mac is the same label.
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
  const label = labelSchema.safeParse(parts.at(-2)?.normalize('NFC'));
  if (!label.success || RESERVED.has(label.data)) {
    throw imageUnfit('unexpected_key', `"${parts.at(-2)}" can't be a label (in "${key}")`);
  }
  return { dataset: dataset.data, split: split ?? null, label: label.data, file };
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
  if (!source.success || RESERVED.has(source.data)) {
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

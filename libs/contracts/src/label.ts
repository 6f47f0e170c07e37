/**
 * Labels as they come in: one rule for folders, keys, manifests and corrections. What a stored version calls a label stays as it
 * is (`labelSchema` reads it); what is new is put in its normal form, and has to be one that every way in can name.
 */
import { labelSchema } from './digest.js';
import { splitSchema } from './manifest.js';

/** Begins the name of a folder whose manifest says what lies in it (a batch). No label does. */
export const BATCH_MARK = '@';

/** Labels and sources that can't be: counts by label and by source are written as JSON objects, whose own keys can't be this. */
export const isReservedName = (name: string): boolean => name === '__proto__';

/** What shows nothing: soft hyphen, joiners and other zero widths, marks of direction, byte order mark, control characters of Latin 1. */
const INVISIBLE = /[\u0080-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/**
 * The normal form of a label: composed (NFC), without invisible characters, one space for each run of white space and none at the
 * ends. May be empty. Control characters that are no white space stay: `labelSchema` refuses them.
 */
export const normalizeLabel = (label: string): string =>
  label.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, ' ').trim();

/** Labels that fold to the same text are one label written in two ways: in other case, spaces, or with accents encoded otherwise. */
export const foldLabel = (label: string): string => normalizeLabel(label).toLowerCase();

/** A label that comes in, in its normal form; or why it can't be one, to follow on the label. */
export const readLabel = (text: string): { readonly label: string } | { readonly why: string } => {
  const label = normalizeLabel(text);
  if (label === '') return { why: 'it shows nothing' };
  if (label.startsWith(BATCH_MARK)) return { why: `it begins with ${BATCH_MARK}, which only batches do` };
  if (isReservedName(label)) return { why: 'the name is reserved' };
  if (/\p{Cs}/u.test(label)) return { why: 'it is no Unicode text' };
  const parsed = labelSchema.safeParse(label);
  return parsed.success ? { label } : { why: parsed.error.issues[0]?.message ?? 'it is no label' };
};

/** Whether a label reads like the folder of a split: where no split is named beside it, nobody can tell which is meant. */
export const isSplitName = (label: string): boolean => splitSchema.safeParse(label).success;

/**
 * The name that a label which comes in goes by in a dataset: the one that it was renamed to, or is known by. A known label that was
 * taken before labels had a normal form is meant by its normal form too.
 * @param known labels of the dataset, and old names with the one that each has now
 */
export const createLabelNamer = ({
  labels,
  renamed = {},
}: {
  readonly labels: readonly string[];
  readonly renamed?: Readonly<Record<string, string>> | undefined;
}): ((label: string) => string) => {
  const names = new Map<string, string>();
  const add = (label: string, name: string): void => void (names.has(label) || names.set(label, name));
  for (const [old, name] of Object.entries(renamed)) add(old, name);
  for (const label of labels) add(label, label);
  for (const label of labels) add(normalizeLabel(label), names.get(label) ?? label);
  for (const [old, name] of Object.entries(renamed)) add(normalizeLabel(old), name);
  return (label) => names.get(label) ?? names.get(normalizeLabel(label)) ?? normalizeLabel(label);
};

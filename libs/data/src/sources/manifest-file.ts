/**
 * A manifest beside the images: `manifest.csv` or `manifest.jsonl`, with the columns or keys `file` and `label`, and where they
 * are wanted `group`, `split` and `source`. It rules: what it doesn't name isn't taken. RFC 4180, with a header; JSON Lines.
 */
import {
  imageUnfit,
  isReservedName,
  manifestImageSchema,
  readLabel,
  splitSchema,
  type LandingPlacement,
} from '@graft/contracts';
import { CsvError, parse } from 'csv-parse/sync';
import { parseEntryPath, showName } from './entry-path.js';
import { DEFAULT_SOURCE_LIMITS } from './source.js';

export const MANIFEST_NAMES = ['manifest.csv', 'manifest.jsonl'] as const;
/** Rows of 50 bytes for a million images; no source gives a larger file anyway. */
export const MAX_MANIFEST_BYTES = DEFAULT_SOURCE_LIMITS.maxEntryBytes;
/** What a row may hold: a name of 1,024 bytes in quotes, a label, a group, a source. */
const MAX_ROW_BYTES = 16 * 1024;
/** A file that is wrong from end to end is told of by its first lines. */
const MAX_PROBLEMS = 1000;

export interface ManifestRow extends Omit<LandingPlacement, 'source'> {
  /** Null where the row names none. */
  readonly source: string | null;
  /** Of the manifest, from 1. */
  readonly line: number;
}

export interface ManifestProblem {
  readonly line: number;
  /** What the row names, as far as it can be read: a path relative to the manifest's folder, in NFC. */
  readonly path: string | null;
  readonly detail: string;
}

export interface ManifestFile {
  /** By path relative to the manifest's folder, in NFC. */
  readonly rows: ReadonlyMap<string, ManifestRow>;
  /** Paths that aren't taken for what rows say of them: they disagree, or can't be used. Why, with the line. */
  readonly refused: ReadonlyMap<string, string>;
  /** Rows that can't be used, in order; at most 1,000 of them. */
  readonly problems: readonly ManifestProblem[];
  /** Columns or keys that mean nothing here. */
  readonly unknown: readonly string[];
}

const COLUMNS = ['file', 'label', 'group', 'split', 'source'] as const;
type Column = (typeof COLUMNS)[number];
type RawRow = Readonly<Partial<Record<Column, string>>>;

const unfit = (name: string, line: number | null, detail: string, cause?: unknown): Error =>
  imageUnfit('manifest_unfit', `${name}${line === null ? '' : `, line ${line}`}: ${detail}`, cause);

const isColumn = (name: string): name is Column => (COLUMNS as readonly string[]).includes(name);

/** A row that can't be used: why, and the file that it names where that can be read. */
interface UnfitRow {
  readonly why: string;
  readonly file?: string | undefined;
}

interface RawRows {
  readonly rows: Iterable<{ readonly line: number; readonly row: RawRow | UnfitRow }>;
  readonly unknown: ReadonlySet<string>;
}

const readCsv = (name: string, text: string): RawRows => {
  let records: { info: { lines: number }; record: string[] }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: MAX_ROW_BYTES,
    }) as unknown as typeof records;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { lines } = cause as CsvError & { lines?: number };
    throw unfit(name, lines ?? null, `it is no CSV: ${cause.message}`, cause);
  }
  const header = records[0]?.record.map((column) => column.toLowerCase()) ?? [];
  for (const column of ['file', 'label'] satisfies Column[]) {
    if (!header.includes(column)) {
      throw unfit(
        name,
        1,
        `its first line has to name the columns, file and label at least; got "${showName(header.join(','))}"`,
      );
    }
  }
  if (new Set(header).size !== header.length) throw unfit(name, 1, 'its first line names a column twice');
  return {
    unknown: new Set(header.filter((column) => !isColumn(column))),
    rows: records.slice(1).map(({ record, info }) => {
      if (record.length !== header.length) {
        const why = `it has ${record.length} fields, the first line names ${header.length}`;
        return { line: info.lines, row: { why, file: record[header.indexOf('file')] } };
      }
      const fields = header.flatMap((column, at) => (isColumn(column) ? [[column, record[at] ?? '']] : []));
      return { line: info.lines, row: Object.fromEntries(fields) as RawRow };
    }),
  };
};

const toRawRow = (line: string, unknown: Set<string>): RawRow | UnfitRow => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { why: 'it is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { why: 'it is no JSON object' };
  const row: Partial<Record<Column, string>> = {};
  let why: string | null = null;
  for (const [key, field] of Object.entries(value)) {
    if (!isColumn(key)) unknown.add(showName(key));
    else if (typeof field === 'string') row[key] = field;
    else if (field !== null) why ??= `"${key}" is no string`;
  }
  return why === null ? row : { why, file: row.file };
};

const readJsonLines = (text: string): RawRows => {
  const unknown = new Set<string>();
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const rows = lines.flatMap((content, at) =>
    content.trim() === '' ? [] : [{ line: at + 1, row: toRawRow(content, unknown) }],
  );
  return { rows, unknown };
};

/** A row as it counts. */
interface ReadRow {
  readonly path: string;
  readonly row: ManifestRow;
}

/** A row that counts, or what is wrong with it. */
const toRow = (raw: RawRow, line: number): ReadRow | UnfitRow => {
  const { file } = raw;
  if (!file) return { why: 'it names no file' };
  const parsed = parseEntryPath(file);
  if ('why' in parsed) return { why: `the file "${showName(file)}" can't be taken: ${parsed.why}`, file };
  const read = readLabel(raw.label ?? '');
  if ('why' in read) {
    const what = raw.label
      ? `"${showName(raw.label)}" can't be a label: ${read.why}`
      : `it gives ${showName(parsed.path)} no label`;
    return { why: what, file };
  }
  const split = raw.split ? splitSchema.safeParse(raw.split.toLowerCase()) : null;
  if (split?.success === false) {
    return { why: `the split "${showName(raw.split ?? '')}" is none of train, val and test`, file };
  }
  const group = manifestImageSchema.shape.group.safeParse(raw.group || null);
  if (!group.success) return { why: 'its group is longer than 200 characters', file };
  const source = manifestImageSchema.shape.source.nullable().safeParse(raw.source || null);
  if (!source.success || (source.data !== null && isReservedName(source.data))) {
    return { why: "its source can't be used", file };
  }
  return {
    path: parsed.path,
    row: { label: read.label, split: split?.data ?? null, group: group.data, source: source.data, line },
  };
};

const say = ({ label, split, group, source }: ManifestRow): string => JSON.stringify([label, split, group, source]);

/**
 * @param name for messages; its ending says the form
 * @throws AppError `image_unfit` with reason `manifest_unfit`, and the line, where it can't be read as a whole.
 */
export const parseManifestFile = ({ name, bytes }: { name: string; bytes: Uint8Array }): ManifestFile => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw unfit(name, null, 'it is not UTF-8', cause);
  }
  const raw = name.toLowerCase().endsWith('.jsonl') ? readJsonLines(text) : readCsv(name, text);
  const rows = new Map<string, ManifestRow>();
  const refused = new Map<string, string>();
  const problems: ManifestProblem[] = [];
  const refuse = (line: number, path: string | null, detail: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, path, detail });
    if (path !== null && !refused.has(path)) refused.set(path, `line ${line}: ${detail}`);
  };
  const disagreed = new Set<string>();
  for (const { line, row } of raw.rows) {
    const read = 'why' in row ? row : toRow(row, line);
    if ('why' in read) {
      const named = parseEntryPath(read.file ?? '');
      refuse(line, 'path' in named ? named.path : null, read.why);
      continue;
    }
    const present = rows.get(read.path);
    if (present === undefined) rows.set(read.path, read.row);
    else if (say(present) !== say(read.row)) {
      disagreed.add(read.path);
      refuse(
        line,
        read.path,
        `${showName(read.path)} is named on line ${present.line} too, and they disagree: neither counts`,
      );
    }
  }
  for (const path of disagreed) rows.delete(path);
  // One row that can be used is enough for a file.
  for (const path of rows.keys()) refused.delete(path);
  return { rows, refused, problems, unknown: [...raw.unknown] };
};

/** Putting a person's folder of images into the landing zone. */
import { createHash } from 'node:crypto';
import { opendir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ObjectStore } from '@graft/artifacts';
import { AppError, labelSchema, splitSchema, type Split } from '@graft/contracts';
import pLimit from 'p-limit';

/** Uploads in flight: enough to hide a round trip, few enough for a small server. */
const IN_FLIGHT = 16;

export interface LandingFile {
  readonly path: string;
  readonly label: string;
  readonly fileName: string;
  readonly split: Split | null;
  readonly group?: string;
  readonly source?: string;
}

export interface FoundFolder {
  readonly files: readonly LandingFile[];
  /** Folders of labels that hold no file: they can't be seen in a bucket. */
  readonly emptyLabels: readonly string[];
  /** Files that lie where no label can be read from their path. */
  readonly misplaced: readonly string[];
}

/**
 * Finds the images of a folder laid out as `<label>/<file>`, or `<train|val|test>/<label>/<file>` for fixed splits.
 * Files are listed whatever they hold: ingestion judges them. Hidden files are left out. Sorted by path.
 * @throws AppError `not_found` when the folder can't be read, `usage` when a label can't be one.
 */
export const findLandingFiles = async (
  directory: string,
  options: { source?: string; groupPattern?: RegExp } = {},
): Promise<FoundFolder> => {
  const files: LandingFile[] = [];
  const misplaced: string[] = [];
  const labelFolders = new Map<string, number>();
  for await (const entry of walk(directory)) {
    const parts = relative(directory, entry.path).split(sep);
    const place = placeOf(parts, entry.isDirectory);
    if (place === null) {
      if (!entry.isDirectory) misplaced.push(entry.path);
      continue;
    }
    const folder = place.split === null ? place.label : `${place.split}/${place.label}`;
    labelFolders.set(folder, (labelFolders.get(folder) ?? 0) + (entry.isDirectory ? 0 : 1));
    if (entry.isDirectory) continue;
    const group = options.groupPattern?.exec(place.fileName)?.[1];
    files.push({
      path: entry.path,
      ...place,
      ...(group === undefined ? {} : { group }),
      ...(options.source === undefined ? {} : { source: options.source }),
    });
  }
  for (const label of new Set(files.map((file) => file.label))) checkLabel(label);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files,
    emptyLabels: [...labelFolders].filter(([, count]) => count === 0).map(([folder]) => folder),
    misplaced,
  };
};

const checkLabel = (label: string): void => {
  const checked = labelSchema.safeParse(label);
  if (!checked.success)
    throw new AppError(
      'usage',
      `the folder "${label}" can't be a label: ${checked.error.issues[0]?.message ?? 'invalid'}`,
    );
};

/** What a path inside the folder says; null where it says no label. */
const placeOf = (
  parts: readonly string[],
  isDirectory: boolean,
): { label: string; fileName: string; split: Split | null } | null => {
  const [first, second, third] = parts;
  const split = splitSchema.safeParse(first);
  const depth = parts.length + (isDirectory ? 1 : 0);
  if (split.success && depth === 3 && second !== undefined)
    return { split: split.data, label: second, fileName: third ?? '' };
  if (!split.success && depth === 2 && first !== undefined)
    return { split: null, label: first, fileName: second ?? '' };
  return null;
};

interface WalkEntry {
  readonly path: string;
  readonly isDirectory: boolean;
}

async function* walk(directory: string): AsyncGenerator<WalkEntry> {
  const folder = await opendir(directory).catch((cause: unknown) => {
    throw new AppError('not_found', `no folder can be read at ${directory}`, { cause });
  });
  for await (const entry of folder) {
    if (entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      yield { path, isDirectory: true };
      yield* walk(path);
    } else if (entry.isFile()) {
      yield { path, isDirectory: false };
    }
  }
}

export const landingKey = (
  dataset: string,
  { split, label, fileName }: Pick<LandingFile, 'split' | 'label' | 'fileName'>,
): string => [dataset, ...(split === null ? [] : [split]), label, fileName].join('/');

export interface Landed {
  readonly uploaded: number;
  /** Files whose very bytes lie under their key already. */
  readonly unchanged: number;
}

/** Uploads files to the landing zone, a few at a time; what is there already is not sent again. */
export const landFiles = async (params: {
  landing: ObjectStore;
  dataset: string;
  files: readonly LandingFile[];
  onProgress?: (done: number, total: number) => void;
}): Promise<Landed> => {
  const present = new Map<string, string>();
  for await (const { key, etag } of params.landing.list(`${params.dataset}/`)) present.set(key, etag);
  const limit = pLimit(IN_FLIGHT);
  let done = 0;
  let unchanged = 0;
  await Promise.all(
    params.files.map((file) =>
      limit(async () => {
        const metadata = {
          ...(file.group === undefined ? {} : { group: file.group }),
          ...(file.source === undefined ? {} : { source: file.source }),
        };
        const key = landingKey(params.dataset, file);
        const bytes = await readFile(file.path);
        // An object that was put in one piece has the MD5 of its bytes as its ETag; any other is simply sent again.
        if (present.get(key) === createHash('md5').update(bytes).digest('hex')) unchanged += 1;
        else await params.landing.put(key, bytes, { metadata });
        done += 1;
        params.onProgress?.(done, params.files.length);
      }),
    ),
  );
  return { uploaded: done - unchanged, unchanged };
};

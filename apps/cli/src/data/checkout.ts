/** Gives the images of a version back as files, each verified, with a manifest beside so that they can be landed again. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile } from '@graft/artifacts';
import {
  AppError,
  describeErasure,
  digestOfText,
  digestSchema,
  erasureOf,
  nameSchema,
  type BlobStore,
  type Digest,
  type ManifestImage,
} from '@graft/contracts';
import pLimit from 'p-limit';
import { z } from 'zod';
import { makeFolder, writeWhole } from '../output-path.js';
import { safeFileName, safeName } from './safe-name.js';

/** Says whose folder it is. Hidden: what lands a folder leaves it out. */
const MARK = '.graft-checkout.json';
const markSchema = z.object({ dataset: nameSchema, version: digestSchema });

const CONCURRENCY = 8;

/** Endings that image files have; whatever else a key ended in says nothing. */
const ENDING = /\.(jpe?g|png|webp|avif|tiff?|gif|bmp)$/i;

/** A folder for each label, never the same for two, also where a file system knows no case. */
export const labelFolders = (labels: readonly string[]): Map<string, string> => {
  const taken = new Set<string>();
  return new Map(
    labels.map((label) => {
      const plain = safeName(label);
      const folder = taken.has(plain.toLowerCase()) ? `${plain}-${digestOfText(label).slice(0, 8)}` : plain;
      taken.add(folder.toLowerCase());
      return [label, folder];
    }),
  );
};

/** Where an image goes, relative to the folder: `<split>/<label>/<name>-<digest>.<ending>`. */
export const pathOf = ({ split, label, key, sha256 }: ManifestImage, folders: ReadonlyMap<string, string>): string =>
  `${split}/${folders.get(label) ?? safeName(label)}/${safeFileName(key, sha256)}${ENDING.exec(key)?.[0].toLowerCase() ?? ''}`;

/** RFC 4180: in quotes where it has to be. */
const csvField = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The manifest.csv that `graft data land` reads: with it, images land with the labels, groups and splits that they have. */
export const toManifest = (images: readonly ManifestImage[], folders: ReadonlyMap<string, string>): string =>
  [
    ['file', 'label', 'group', 'split', 'source'],
    ...images.map((image) => [pathOf(image, folders), image.label, image.group ?? '', image.split, image.source]),
  ]
    .map((row) => `${row.map(csvField).join(',')}\n`)
    .join('');

/** Null where there is no file. */
const digestThere = (path: string): Promise<Digest | null> =>
  digestOfFile(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return null;
    throw thrown;
  });

const claim = async (directory: string, mark: z.infer<typeof markSchema>): Promise<void> => {
  await makeFolder(directory);
  const there = await readdir(directory);
  if (there.length === 0) return writeWhole(join(directory, MARK), `${JSON.stringify(mark)}\n`);
  const found = there.includes(MARK)
    ? markSchema.safeParse(JSON.parse(await readFile(join(directory, MARK), 'utf8'))).data
    : undefined;
  if (found?.version === mark.version && found.dataset === mark.dataset) return;
  const what =
    found === undefined ? 'is not empty' : `holds version ${found.version.slice(0, 12)} of dataset ${found.dataset}`;
  throw new AppError('refused', `${directory} ${what}: name a folder that is empty or isn't there`, {
    details: { directory, asked: mark, found: found ?? null },
  });
};

export interface CheckedOut {
  readonly written: number;
  /** Files that were there already, with the bytes that they should have. */
  readonly verified: number;
  /** Images of the version that can't be given back, since they were erased: "erased by kim on 2026-11-26: …". */
  readonly erased: readonly { readonly sha256: Digest; readonly told: string }[];
}

/**
 * Killed and called again, it goes on: files that are there are verified, and written anew where they differ.
 * @param version its id
 * @throws AppError `refused` where the folder holds something else, `usage` where it is a file, `not_found` or `corrupt` where an object is not what it was
 */
export const checkOutVersion = async ({
  blobs,
  dataset,
  version,
  labels,
  images,
  directory,
  onProgress,
}: {
  blobs: Pick<BlobStore, 'get'>;
  dataset: string;
  version: Digest;
  labels: readonly string[];
  images: readonly ManifestImage[];
  directory: string;
  onProgress?: (done: number, total: number) => void;
}): Promise<CheckedOut> => {
  await claim(directory, { dataset, version });
  const folders = labelFolders(labels);
  const limit = pLimit(CONCURRENCY);
  const erased: CheckedOut['erased'][number][] = [];
  /** Null where it was erased. */
  const read = async (sha256: Digest): Promise<Uint8Array | null> => {
    try {
      // The store verifies what it gives.
      return await blobs.get(sha256);
    } catch (thrown) {
      const erasure = erasureOf(thrown);
      if (erasure === null) throw thrown;
      erased.push({ sha256, told: describeErasure(erasure) });
      return null;
    }
  };
  let written = 0;
  let done = 0;
  await Promise.all(
    images.map((image) =>
      limit(async () => {
        const path = join(directory, pathOf(image, folders));
        if ((await digestThere(path)) !== image.sha256) {
          const bytes = await read(image.sha256);
          if (bytes !== null) {
            await writeWhole(path, bytes);
            written += 1;
          }
        }
        done += 1;
        onProgress?.(done, images.length);
      }),
    ),
  ).finally(() => limit.clearQueue());
  const gone = new Set(erased.map(({ sha256 }) => sha256));
  const left = images.filter(({ sha256 }) => !gone.has(sha256));
  await writeWhole(join(directory, 'manifest.csv'), toManifest(left, folders));
  return { written, verified: left.length - written, erased: erased.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)) };
};

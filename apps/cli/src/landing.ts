/** Files of a folder that a story lands in parts. `graft data land` streams a whole source instead (landing-source.ts). */
import type { ObjectStore } from '@graft/artifacts';
import type { Split } from '@graft/contracts';
import {
  createFolderSource,
  landEntries,
  placeEntries,
  surveySource,
  toLandingObject,
  type LandedSource,
} from '@graft/data';
import { createStoreTarget } from './landing-targets.js';

export interface LandingFile {
  readonly label: string;
  readonly fileName: string;
  readonly split: Split | null;
  readonly group?: string;
  readonly source?: string;
  readonly sizeBytes: number;
  read(): Promise<Uint8Array>;
}

/**
 * Finds the images of a folder laid out as `<label>/<file>`, or `<train|val|test>/<label>/<file>` for fixed splits; by label and
 * name. What has no place is left out: ingestion judges the rest.
 * @throws AppError `not_found` when the folder can't be read.
 */
export const findLandingFiles = async (directory: string): Promise<LandingFile[]> => {
  const source = createFolderSource(directory);
  const files: LandingFile[] = [];
  for await (const entry of placeEntries(source, await surveySource(source), { dataset: 'found' })) {
    if (entry.kind === 'refused') continue;
    const { file, place } = entry;
    files.push({
      label: place.label,
      fileName: place.file,
      split: place.split,
      sizeBytes: file.sizeBytes,
      read: () => file.read(),
    });
  }
  const nameOf = ({ split, label, fileName }: LandingFile): string => `${split ?? ''}/${label}/${fileName}`;
  return files.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
};

/** Uploads files to the landing zone; what is there already is not sent again. */
export const landFiles = ({
  landing,
  dataset,
  files,
  onProgress = () => {},
}: {
  landing: ObjectStore;
  dataset: string;
  files: readonly LandingFile[];
  onProgress?: (done: number, total: number) => void;
}): Promise<LandedSource> =>
  landEntries({
    target: createStoreTarget(landing, dataset),
    total: { files: files.length, bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
    entries: files.map(({ label, fileName, split, group = null, source = null, sizeBytes, read }) => {
      const place = { label, split, group, source, file: fileName };
      const file = { kind: 'file' as const, path: `${label}/${fileName}`, sizeBytes, read };
      return { kind: 'placed' as const, file, place, ...toLandingObject({ dataset, ...place }) };
    }),
    onProgress: (progress) => onProgress(progress.files, progress.totalFiles),
  });

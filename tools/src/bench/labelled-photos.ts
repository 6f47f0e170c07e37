/** Labelled photos in folders, `train/<label>/…` and `val/<label>/…`, for benches that train. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { IMAGE, PHOTOS } from './bench-images.js';

/** A file and its class. */
export type LabelledFile = readonly [path: string, label: number];

export interface LabelledPhotos {
  readonly labels: readonly string[];
  readonly train: readonly LabelledFile[];
  /** Never seen in training. */
  readonly test: readonly LabelledFile[];
  readonly from: string;
  /** Whether these are the photos that accuracies are asked for. */
  readonly isDefault: boolean;
}

const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

const filesOf = async (folder: string, labels: readonly string[]): Promise<LabelledFile[]> =>
  (
    await Promise.all(
      labels.map(async (label, index) =>
        (await readdir(join(folder, label)))
          .filter((name) => IMAGE.test(name))
          .sort()
          .map((name): LabelledFile => [join(folder, label, name), index]),
      ),
    )
  ).flat();

/** @throws AppError `not_found` when there are no such folders, saying what is expected. */
export const findLabelledPhotos = async (folder?: string): Promise<LabelledPhotos> => {
  const from = folder ?? PHOTOS;
  const [train, test] = [join(from, 'train'), join(from, 'val')];
  if (!existsSync(train) || !existsSync(test))
    throw new AppError(
      'not_found',
      `this bench trains on labelled photos: expected ${train}/<label>/… and ${test}/<label>/…; name a folder with --data DIR`,
    );
  const labels = await foldersIn(train);
  return {
    labels,
    train: await filesOf(train, labels),
    test: await filesOf(test, labels),
    from,
    isDefault: folder === undefined,
  };
};

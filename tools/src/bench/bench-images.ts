/** Which image files a bench runs on. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { ensureEmojiArt } from '../binaries/emoji-art.js';
import { inRepository } from '../repository.js';
import type { OnProgress } from '../system/cache-entry.js';

/** Photos laid beside the checkout, where there are any: photos decode slower than small pictures. */
export const PHOTOS = inRepository('../shared/data/hymenoptera');
export const IMAGE = /\.(jpe?g|png|webp)$/i;

export interface BenchImages {
  readonly files: readonly string[];
  /** To calibrate on: others of the same place, for learning from where it says so; the same where there are no others. */
  readonly calibration: readonly string[];
  /** Where they come from, for the report. */
  readonly from: string;
}

/** `count` of the files, spread evenly over them; fewer where there are fewer. */
export const spread = (files: readonly string[], count: number): string[] =>
  Array.from(
    { length: Math.min(count, files.length) },
    (_, index) => files[Math.floor((index * files.length) / Math.min(count, files.length))] ?? '',
  );

/** As many as a run calibrates on, and measures with. */
const CALIBRATION_IMAGES = 96;
const FOR_TRAINING = /[/\\]train[/\\]/;

const choose = (all: readonly string[], count: number): Pick<BenchImages, 'files' | 'calibration'> => {
  const files = spread(all, count);
  const taken = new Set(files);
  const others = all.filter((file) => !taken.has(file));
  const training = others.filter((file) => FOR_TRAINING.test(file));
  const candidates = [training, others].find(({ length }) => length >= CALIBRATION_IMAGES) ?? all;
  return { files, calibration: spread(candidates, CALIBRATION_IMAGES) };
};

const imagesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && IMAGE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

/** @throws AppError `not_found` when the folder holds no image. */
export const findBenchImages = async (options: {
  /** Default: the photos beside the checkout, else the emoji art. */
  readonly folder?: string;
  readonly count: number;
  readonly cacheDir: string;
  readonly onProgress: OnProgress;
}): Promise<BenchImages> => {
  const { folder, count, cacheDir, onProgress } = options;
  const from = folder ?? (existsSync(PHOTOS) ? PHOTOS : null);
  if (from === null) {
    const { google } = await ensureEmojiArt({ cacheDir, onProgress });
    return { ...choose(google.map(({ path }) => path).sort(), count), from: 'emoji art (64 px PNG)' };
  }
  if (!existsSync(from)) throw new AppError('not_found', `there is no folder ${from}`);
  const files = await imagesBelow(from);
  if (files.length === 0) throw new AppError('not_found', `no .jpg, .png or .webp below ${from}`);
  return { ...choose(files, count), from };
};

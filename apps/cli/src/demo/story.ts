/** What a demo tells: two landings of one dataset, the second of which brings something new. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '@graft/contracts';
import { ensureEmojiArt, inRepository } from '@graft/tools';
import { findLandingFiles, type LandingFile } from '../landing.js';

export interface Landing {
  /** For a person: what lands. */
  readonly title: string;
  readonly files: readonly LandingFile[];
}

export interface Story {
  readonly dataset: string;
  readonly model: string;
  /** Path of the pipeline's YAML file. */
  readonly pipelineFile: string;
  readonly landings: readonly [Landing, Landing];
  /** `source`: accuracy is told for each source. Else for the whole test split, under this name. */
  readonly accuracyBy: 'source' | 'val' | 'test';
}

/** Google's emoji, then Twitter's: the same things drawn by another hand. */
export const emojiStory = async (params: { cacheDir: string }): Promise<Story> => {
  const art = await ensureEmojiArt(params);
  const toFile = async (
    vendor: 'google' | 'twitter',
    { path, label, code }: (typeof art)['google'][number],
  ): Promise<LandingFile> => ({
    sizeBytes: (await stat(path)).size,
    read: () => readFile(path),
    label,
    // Both vendors name a file by the emoji's code, and one key can hold one object only.
    fileName: `${vendor}-${basename(path)}`,
    split: null,
    // One emoji is always in one split, whichever vendor drew it.
    group: code,
    source: vendor,
  });
  const filesOf = (vendor: 'google' | 'twitter'): Promise<LandingFile[]> =>
    Promise.all(art[vendor].map((file) => toFile(vendor, file)));
  return {
    dataset: 'emoji',
    model: 'emoji',
    pipelineFile: inRepository('examples/emoji.yaml'),
    landings: [
      { title: "Google's emoji art", files: await filesOf('google') },
      { title: "Twitter's emoji art", files: await filesOf('twitter') },
    ],
    accuracyBy: 'source',
  };
};

/**
 * A person's own folder: half of the training images first (with every val and test image), the other half later.
 * Halves are taken label by label, every other file in the order of their names.
 */
export const folderStory = async (directory: string): Promise<Story> => {
  const files = await findLandingFiles(directory);
  if (files.length === 0) {
    throw new AppError(
      'usage',
      `no images in ${directory}: expected ${basename(directory)}/<label>/<file> or ${basename(directory)}/<train|val|test>/<label>/<file>`,
    );
  }
  const later = new Set<LandingFile>();
  const seen = new Map<string, number>();
  for (const file of files) {
    if (file.split === 'val' || file.split === 'test') continue;
    const index = seen.get(file.label) ?? 0;
    seen.set(file.label, index + 1);
    if (index % 2 === 1) later.add(file);
  }
  const fixedSplits = new Set(files.map(({ split }) => split));
  return {
    dataset: 'photos',
    model: 'photos',
    pipelineFile: inRepository('examples/photos.yaml'),
    landings: [
      { title: 'the first half of your training images', files: files.filter((file) => !later.has(file)) },
      { title: 'the other half', files: [...later] },
    ],
    accuracyBy: fixedSplits.has('val') && !fixedSplits.has('test') ? 'val' : 'test',
  };
};

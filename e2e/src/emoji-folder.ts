/** Folders of emoji art as people would land them: `<label>/<vendor>-<code>.png`. */
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { graftPaths } from '@graft/platform';
import { ensureEmojiArt, type EmojiPicture, type EmojiVendor } from '@graft/tools';

/** Matches the files' names; the first group is the emoji's code, which both vendors share. */
export const EMOJI_GROUP = '^[a-z]+-(.+)\\.png$';

export const emojiOf = async (vendor: EmojiVendor, label: string): Promise<EmojiPicture[]> =>
  (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir }))[vendor].filter((picture) => picture.label === label);

/** Writes one vendor's pictures from `first` up to `end` of each label into a new folder below `parent`. */
export const writeEmojiFolder = async (params: {
  parent: string;
  vendor: EmojiVendor;
  labels: readonly string[];
  first?: number;
  end: number;
}): Promise<string> => {
  const { parent, vendor, labels, first = 0, end } = params;
  const directory = await mkdtemp(join(parent, `${vendor}-`));
  for (const label of labels) {
    await mkdir(join(directory, label), { recursive: true });
    for (const { path } of (await emojiOf(vendor, label)).slice(first, end)) {
      await copyFile(path, join(directory, label, `${vendor}-${basename(path)}`));
    }
  }
  return directory;
};

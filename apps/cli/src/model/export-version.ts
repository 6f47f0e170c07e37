/** A version as a folder that needs no Graft: the model, how to feed it, what it is worth, and checksums of it all. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type BlobStore, type Digest } from '@graft/contracts';
import { makeFolder, writeWhole } from '../output-path.js';
import type { VersionAccount } from './account.js';
import { toMarkdown, toModelCard } from './model-card.js';

export const CHECKSUMS = 'SHA256SUMS';
/** What the folder holds, and of which version: for programs. */
export const MANIFEST = 'manifest.json';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The golden outputs, by which an importer checks that its runtime computes what ours does. */
const goldenOf = ({ version, variant }: VersionAccount): Digest | undefined =>
  // Versions from before there were variants have golden outputs that name none.
  [variant, '']
    .map((name) => version.artifacts.find((one) => one.kind === 'golden' && one.variant === name)?.digest)
    .find((digest) => digest !== undefined);

const textFiles = (account: VersionAccount): Record<string, string> => {
  const card = toModelCard(account);
  const { version, evaluation } = account;
  return {
    'labels.txt': version.signature.labels.map((label) => `${label}\n`).join(''),
    'signature.json': json(version.signature),
    'preprocessing.json': json(version.signature.preprocessing),
    'evaluation.json': json(evaluation),
    'version.json': json(version),
    'card.json': json(card),
    'card.md': toMarkdown(card),
  };
};

export interface Exported {
  readonly folder: string;
  readonly files: readonly { readonly file: string; readonly sizeBytes: number; readonly sha256: string }[];
}

const manifestOf = ({ version, variant, artifactDigest }: VersionAccount, files: Exported['files']): object => ({
  ...{ schemaVersion: 'export.v1', model: version.model, version: version.version, variant, artifactDigest },
  ...{ datasetVersion: version.lineage.datasetVersion, reportDigest: version.reportDigest, files },
});

/**
 * @throws AppError `conflict` where the folder has anything in it, `not_found` or `corrupt` where the model's bytes aren't there or aren't
 * what they were; nothing is left behind then that has the name of a whole file
 */
export const exportVersion = async (
  blobs: Pick<BlobStore, 'get'>,
  account: VersionAccount,
  folder: string,
): Promise<Exported> => {
  const model = await blobs.get(account.artifactDigest);
  const golden = goldenOf(account);
  const files: Record<string, Uint8Array | string> = {
    'model.onnx': model,
    ...(golden === undefined ? {} : { 'golden.json': await blobs.get(golden) }),
    ...textFiles(account),
  };
  await makeFolder(folder);
  if ((await readdir(folder)).length > 0) {
    throw new AppError('conflict', `${folder} is not empty: name a folder that is, or that isn't there`);
  }
  const written: Exported['files'][number][] = [];
  const keep = async (file: string, contents: Uint8Array | string): Promise<void> => {
    await writeWhole(join(folder, file), contents);
    const sha256 = createHash('sha256').update(contents).digest('hex');
    written.push({ file, sizeBytes: Buffer.byteLength(contents), sha256 });
  };
  for (const [file, contents] of Object.entries(files)) await keep(file, contents);
  await keep(MANIFEST, json(manifestOf(account, [...written])));
  // Last: a folder with checksums is a whole one.
  await writeWhole(join(folder, CHECKSUMS), written.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join(''));
  return { folder, files: written };
};

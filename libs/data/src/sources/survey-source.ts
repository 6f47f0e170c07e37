/**
 * The first of two looks at a source: every path once, so that it is known what they mean, how much there is, and that an archive
 * can be read to its end, before anything of it is taken. Holds counts and one manifest, not the paths.
 */
import { imageUnfit, AppError } from '@graft/contracts';
import { createFolderSurvey } from './folder-survey.js';
import { createLayoutSurvey } from './layout.js';
import { MANIFEST_NAMES, parseManifestFile, type ManifestFile } from './manifest-file.js';
import { isIgnored } from './entry-path.js';
import type { Source, SourceFile } from './source.js';

export interface SourceSurvey {
  /** Files that are no desktop's leavings and no manifest, and their bytes as announced. */
  readonly files: number;
  readonly bytes: number;
  /** How many folders around everything mean nothing. */
  readonly outerFolders: number;
  /** Where there is one at the top, it rules. */
  readonly manifest: (ManifestFile & { readonly path: string }) | null;
  /** Folders of labels that hold no file: nobody could tell them from labels that aren't there. */
  readonly emptyLabels: readonly string[];
}

interface FoundManifest {
  readonly path: string;
  readonly folders: readonly string[];
  /** Or why there are none. */
  readonly bytes: Uint8Array | AppError;
}

/** Its place among the names that a manifest may have; -1 for any other file. */
const manifestRank = (file: string): number => (MANIFEST_NAMES as readonly string[]).indexOf(file.toLowerCase());

/** Further up counts more, then CSV before JSON Lines. */
const isBetter = (segments: readonly string[], than: FoundManifest | null): boolean => {
  if (than === null || segments.length <= than.folders.length) return true;
  const rank = manifestRank(segments.at(-1) ?? '');
  return segments.length === than.folders.length + 1 && rank < manifestRank(than.path.split('/').at(-1) ?? '');
};

const readManifest = async (file: SourceFile): Promise<FoundManifest> => {
  const found = { path: file.path, folders: file.path.split('/').slice(0, -1) };
  try {
    return { ...found, bytes: await file.read() };
  } catch (thrown) {
    // It may turn out that it rules nothing.
    if (thrown instanceof AppError && thrown.code === 'image_unfit') return { ...found, bytes: thrown };
    throw thrown;
  }
};

const parseFound = ({ path, bytes }: FoundManifest): SourceSurvey['manifest'] => {
  if (bytes instanceof AppError) throw imageUnfit('manifest_unfit', `${path} can't be read: ${bytes.message}`, bytes);
  return { path, ...parseManifestFile({ name: path, bytes }) };
};

/** @throws as `entries` of the source, and AppError `image_unfit` with reason `manifest_unfit` for a manifest that can't be read. */
export const surveySource = async (
  source: Source,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<SourceSurvey> => {
  const layout = createLayoutSurvey();
  let files = 0;
  let bytes = 0;
  let found: FoundManifest | null = null;
  let foundBytes = 0;
  const folders = createFolderSurvey();
  for await (const entry of source.entries()) {
    signal?.throwIfAborted();
    if (entry.kind === 'folder') folders.seeFolder(entry.path);
    if (entry.kind !== 'file' || isIgnored(entry.path)) continue;
    folders.seeFile(entry.path);
    const segments = entry.path.split('/');
    if (manifestRank(segments.at(-1) ?? '') !== -1 && isBetter(segments, found)) {
      found = await readManifest(entry);
      foundBytes = entry.sizeBytes;
    }
    layout.see(segments);
    files += 1;
    bytes += entry.sizeBytes;
  }
  const common = layout.commonFolders();
  // One that all files lie with, or under, is the source's own.
  const manifest = found?.folders.every((folder, at) => folder === common[at]) === true ? found : null;
  const outerFolders = manifest === null ? layout.outerFolders() : manifest.folders.length;
  return {
    files: manifest === null ? files : files - 1,
    bytes: manifest === null ? bytes : bytes - foundBytes,
    outerFolders,
    manifest: manifest === null ? null : parseFound(manifest),
    emptyLabels: manifest === null ? folders.emptyLabels(outerFolders) : [],
  };
};

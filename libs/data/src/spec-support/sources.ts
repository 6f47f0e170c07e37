/** What tests do with sources: all that one says, and archives as files that are gone with the test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toAppError } from '@graft/contracts';
import { openArchive } from '../sources/open-archive.js';
import type { Source, SourceLimits, SourceRefusal } from '../sources/source.js';

export interface Told {
  /** Texts of the files that could be read, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly folders: readonly string[];
  readonly refused: readonly Omit<SourceRefusal, 'kind'>[];
}

/** Reads all of a source; what a file's own reading throws counts as its refusal. */
export const tellSource = async (source: Source): Promise<Told> => {
  const files: [string, string][] = [];
  const folders: string[] = [];
  const refused: Omit<SourceRefusal, 'kind'>[] = [];
  for await (const entry of source.entries()) {
    if (entry.kind === 'folder') folders.push(entry.path);
    else if (entry.kind === 'refused') {
      const { path, reason, detail } = entry;
      refused.push({ path, reason, detail });
    } else {
      try {
        files.push([entry.path, Buffer.from(await entry.read()).toString()]);
      } catch (thrown) {
        const { code, details, message } = toAppError(thrown);
        if (code !== 'image_unfit') throw thrown;
        refused.push({ path: entry.path, reason: details['reason'] as SourceRefusal['reason'], detail: message });
      }
    }
  }
  return { files: Object.fromEntries(files), folders, refused };
};

/** Does something with the archive that bytes are. */
export const withArchive = async <T>(
  bytes: Uint8Array,
  act: (source: Source) => Promise<T>,
  limits: Partial<SourceLimits> = {},
): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-archive-spec-'));
  try {
    const path = join(folder, 'archive');
    await writeFile(path, bytes);
    const source = await openArchive({ path, name: 'the archive', limits });
    try {
      return await act(source);
    } finally {
      await source.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
};

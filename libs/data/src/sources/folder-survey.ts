/** Which folders of labels hold nothing, told from the entries of a source in any order. */
import { isIgnored } from './entry-path.js';
import { placePath } from './layout.js';

/** Folders that are remembered; a source with more has other worries than an empty label. */
const MAX_FOLDERS = 10_000;

export interface FolderSurvey {
  seeFolder(path: string): void;
  seeFile(path: string): void;
  /** In ascending order; none where there are too many folders to tell. */
  emptyLabels(outerFolders: number): string[];
}

export const createFolderSurvey = (): FolderSurvey => {
  const seen = new Set<string>();
  const filled = new Set<string>();
  const remember = (set: Set<string>, path: string): void => {
    if (set.size <= MAX_FOLDERS) set.add(path);
  };
  return {
    seeFolder: (path) => {
      if (!isIgnored(path)) remember(seen, path);
    },
    seeFile: (path) => remember(filled, path.slice(0, Math.max(0, path.lastIndexOf('/')))),
    emptyLabels: (outerFolders) => {
      if (seen.size > MAX_FOLDERS || filled.size > MAX_FOLDERS) return [];
      return [...seen]
        .filter((path) => !filled.has(path) && placePath([...path.split('/'), 'file'], outerFolders) !== null)
        .map((path) => path.split('/').slice(outerFolders).join('/'))
        .sort();
    },
  };
};

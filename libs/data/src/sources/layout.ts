/**
 * What the paths of a source mean: `<label>/<file>`, or `<train|val|test>/<label>/<file>`, under whatever folders all of it lies in
 * (most archives have one). A look at every path decides how many of these are left out: as many as give most files a place.
 */
import { splitSchema, type Split } from '@graft/contracts';

/** Folders around everything that are looked through; nobody nests deeper without meaning it. */
const MAX_OUTER_FOLDERS = 8;

export interface PathPlace {
  readonly label: string;
  readonly split: Split | null;
  readonly file: string;
}

/** What a path means under so many outer folders; null where it has no place. */
export const placePath = (segments: readonly string[], outerFolders: number): PathPlace | null => {
  const [first, second, third] = segments.slice(outerFolders);
  const split = splitSchema.safeParse(first).data ?? null;
  const depth = segments.length - outerFolders;
  if (split === null && depth === 2 && first !== undefined && second !== undefined) {
    return { split, label: first, file: second };
  }
  if (split !== null && depth === 3 && second !== undefined && third !== undefined) {
    return { split, label: second, file: third };
  }
  return null;
};

export interface LayoutSurvey {
  /** A file's path. */
  see(segments: readonly string[]): void;
  /** The folders that all files lie in, outermost first, or beside (a README in one of them). */
  commonFolders(): readonly string[];
  /** How many of them to leave out. */
  outerFolders(): number;
}

/** Holds a few numbers, whatever it sees. */
export const createLayoutSurvey = (): LayoutSurvey => {
  let deepest: readonly string[] = [];
  // Where the first two files part.
  let shared = Infinity;
  const placed = Array.from({ length: MAX_OUTER_FOLDERS + 1 }, () => 0);
  const commonFolders = (): readonly string[] => deepest.slice(0, shared);
  return {
    see: (segments) => {
      const folders = segments.slice(0, -1);
      const parting = folders.findIndex((folder, at) => at < deepest.length && folder !== deepest[at]);
      if (parting !== -1) shared = Math.min(shared, parting);
      else if (folders.length > deepest.length) deepest = folders;
      for (const outer of placed.keys()) {
        if (placePath(segments, outer) !== null) placed[outer] = (placed[outer] ?? 0) + 1;
      }
    },
    commonFolders,
    outerFolders: () => {
      const candidates = placed.slice(0, commonFolders().length + 1);
      return candidates.indexOf(Math.max(...candidates));
    },
  };
};

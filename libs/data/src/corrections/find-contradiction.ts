import type { CorrectionAction } from '@graft/contracts';

/** What one line says of an image or an object. */
interface Said {
  readonly line: number;
  readonly action: CorrectionAction['action'];
  /** "relabel as "bee"", "remove". */
  readonly words: string;
}

const wordsOf = (action: CorrectionAction): string =>
  action.action === 'relabel' ? `relabel as "${action.label}"` : action.action;

const refsOf = (action: CorrectionAction): readonly string[] =>
  'images' in action ? action.images : 'keys' in action ? action.keys : [];

/**
 * Finds images of which two lines of a file say different things. What is restored may be relabelled after it.
 * @returns asked of each line in turn: what it contradicts, in words; null where it contradicts nothing
 */
export const createContradictionFinder = (): ((line: number, action: CorrectionAction) => string | null) => {
  const said = new Map<string, Said>();
  return (line, action) => {
    const words = wordsOf(action);
    for (const ref of refsOf(action)) {
      const earlier = said.get(ref);
      const isRestored = earlier?.action === 'restore' && action.action === 'relabel';
      if (earlier !== undefined && earlier.words !== words && !isRestored) {
        return `lines ${earlier.line} and ${line} contradict each other on ${ref}: ${earlier.words}, and ${words}; keep one of them`;
      }
      said.set(ref, { line, action: action.action, words });
    }
    return null;
  };
};

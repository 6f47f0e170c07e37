/** Which of the names that are there may have been meant by one that isn't: a slip of the keyboard makes a new one. */
import leven from 'leven';

/** Changed letters that make of one name the other: a third of the longer one, and two at least. */
const MOST_CHANGED = 1 / 3;

/** The known name that is written nearly like `name`, whatever its case; null for none. */
export const nearestName = (name: string, known: readonly string[]): string | null => {
  const near = known
    .map((each) => ({ each, letters: leven(name.toLowerCase(), each.toLowerCase()) }))
    .filter(
      ({ each, letters }) => letters <= Math.max(2, Math.floor(Math.max(name.length, each.length) * MOST_CHANGED)),
    )
    // Of short names, two letters are all that there is.
    .filter(({ each, letters }) => letters < Math.min(name.length, each.length))
    .sort((a, b) => a.letters - b.letters);
  return near[0]?.each ?? null;
};

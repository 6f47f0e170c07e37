/** What labels of one version of a dataset are called in another one: a label keeps its index, whatever it is renamed to. */

interface Labelled {
  readonly dataset: string;
  readonly labels: readonly string[];
}

/** Answers the name that a label of `from` has in `to`, at the same index; itself where there is none. */
export const namesAtIndex = (from: readonly string[], to: readonly string[]): ((label: string) => string) => {
  const names = new Map(from.map((label, index) => [label, to[index] ?? label]));
  return (label) => names.get(label) ?? label;
};

/**
 * Labels of `from` by the names that they have in `to`, at the same index, where the two are versions of one dataset. Of another
 * dataset's labels nothing is known: a label is what it is called then.
 * @returns a function that answers the name a label has in `to`; itself where there is none at its index
 */
export const labelNames = (from: Labelled, to: Labelled): ((label: string) => string) => {
  return from.dataset === to.dataset ? namesAtIndex(from.labels, to.labels) : (label) => label;
};

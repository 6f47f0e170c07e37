/** What labels of one version of a dataset are called in another one: a label keeps its index, whatever it is renamed to. */

interface Labelled {
  readonly dataset: string;
  readonly labels: readonly string[];
}

/**
 * Labels of `from` by the names that they have in `to`, at the same index, where the two are versions of one dataset. Of another
 * dataset's labels nothing is known: a label is what it is called then.
 * @returns a function that answers the name a label has in `to`; itself where there is none at its index
 */
export const labelNames = (from: Labelled, to: Labelled): ((label: string) => string) => {
  if (from.dataset !== to.dataset) return (label) => label;
  const names = new Map(from.labels.map((label, index) => [label, to.labels[index] ?? label]));
  return (label) => names.get(label) ?? label;
};

/** Markdown of words that strangers chose: labels, names of sources, reasons. */

/** What Markdown would take for markup, taken as it is. */
export const escapeMarkdown = (words: string): string => words.replace(/([\\`*_{}[\]<>#|!])/g, '\\$1');

/** @param rows escaped here; the head is ours */
export const markdownTable = ({
  head,
  rows,
}: {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): string =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map(escapeMarkdown))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

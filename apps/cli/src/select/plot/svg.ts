/** Just as much SVG as a plot needs: elements as strings, with everything escaped. */

type Attributes = Readonly<Record<string, string | number | undefined>>;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Two decimals: less than anyone sees, and the same plot is the same bytes. */
const formatValue = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 100) / 100) : escape(value);

/** @param children markup that is safe already, as `element` and `text` make it. */
export const element = (name: string, attributes: Attributes, ...children: readonly string[]): string => {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${formatValue(value)}"`],
  );
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
};

export const text = (content: string, attributes: Attributes): string => element('text', attributes, escape(content));

/** Helvetica's and DejaVu's letters are about so wide, in sizes of the font; too wide rather than too narrow. */
const LETTER_WIDTH = 0.6;

/** About how wide a text is, in pixels. */
export const widthOf = (content: string, fontSize: number): number => content.length * fontSize * LETTER_WIDTH;

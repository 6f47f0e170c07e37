/** A dataset card as Markdown, or as one HTML page that needs nothing else. */
import type { Histogram } from '@graft/contracts';
import { escapeMarkdown, markdownTable } from '../../markdown.js';
import { element, text } from '../../select/plot/svg.js';
import type { CardSection, CardTable } from './sections.js';

/** What HTML would take for markup, in words that strangers chose: labels, names of sources. */
const escapeHtml = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param sheet path of the contact sheet as the page refers to it */
export const toMarkdown = (sections: readonly CardSection[], sheet: string): string =>
  [
    ...sections.flatMap(({ title, words, table }, at) => [
      `${at === 0 ? '#' : '##'} ${escapeMarkdown(title)}`,
      ...words.map(escapeMarkdown),
      ...(table === undefined ? [] : [markdownTable(table)]),
    ]),
    '## A few images of each label',
    `![contact sheet](${encodeURI(sheet)})`,
  ].join('\n\n') + '\n';

const BAR = { width: 24, height: 120 };

/** Bars from 0 to 1, with the two ends named. */
export const histogramSvg = ({ counts }: Histogram, name: string): string => {
  const most = Math.max(1, ...counts);
  const width = counts.length * BAR.width;
  const words = { 'font-size': 12, fill: '#59636e', y: BAR.height + 18 };
  const bars = counts.map((count, at) => {
    const height = (count / most) * BAR.height;
    const place = { x: at * BAR.width + 1, y: BAR.height - height, width: BAR.width - 2, height };
    return element('rect', { ...place, fill: '#0969da' });
  });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${BAR.height + 24}`,
      width,
      role: 'img',
      'aria-label': name,
    },
    ...bars,
    element('line', { x1: 0, x2: width, y1: BAR.height, y2: BAR.height, stroke: '#59636e' }),
    text('dark', { ...words, x: 0 }),
    text(name, { ...words, x: width / 2, 'text-anchor': 'middle' }),
    text('bright', { ...words, x: width, 'text-anchor': 'end' }),
  );
};

const htmlTable = ({ head, rows }: CardTable): string => {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
};

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#1f2328;max-width:1100px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .8rem;border-bottom:1px solid #d1d9e0;text-align:right}
th:first-child,td:first-child{text-align:left}img{max-width:100%}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}`;

/** @param sheet the contact sheet, a PNG */
export const toHtml = (
  sections: readonly CardSection[],
  { sheet, brightness }: { sheet: Buffer; brightness: Histogram | null },
): string => {
  const body = sections.map(({ title, words, table }, at) => {
    const heading = at === 0 ? 'h1' : 'h2';
    const said = words.map((each) => `<p>${escapeHtml(each)}</p>`).join('');
    return `<${heading}>${escapeHtml(title)}</${heading}>${said}${table === undefined ? '' : htmlTable(table)}`;
  });
  const plot =
    brightness === null ? '' : `<h2>Brightness</h2>${histogramSvg(brightness, 'mean brightness of an image')}`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(sections[0]?.title ?? '')}</title>` +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">` +
    `<style>${STYLE}</style></head><body>${body.join('')}${plot}<h2>A few images of each label</h2>` +
    `<img alt="contact sheet" src="data:image/png;base64,${sheet.toString('base64')}"></body></html>\n`
  );
};

/** What the marks mean, beside the plot. */
import type { Selection, SelectionCandidate } from '@graft/contracts';
import { formatMegabytes } from './format.js';
import { diamond } from './marks.js';
import { element, text } from './svg.js';
import { COLOUR, FRAME } from './theme.js';

const LEFT = FRAME.x + FRAME.width + 28;
const LINE = 24;
const WORDS = { 'font-size': 13, fill: COLOUR.ink, x: LEFT + 28 } as const;

interface Entry {
  readonly words: string;
  readonly mark: (y: number) => string;
}

const dot =
  (colour: string, isDashed = false) =>
  (y: number): string =>
    element('circle', {
      ...{ cx: LEFT + 10, cy: y, r: 8, fill: colour, 'fill-opacity': isDashed ? 0.12 : 0.5, stroke: colour },
      ...{ 'stroke-width': 1.5, 'stroke-dasharray': isDashed ? '4 3' : undefined },
    });

/** 1, 2 or 5 times a power of ten, no more than the value. */
const roundBelow = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([5, 2].find((factor) => factor * power <= value) ?? 1);
};

/** Two circles to hold the bubbles against, one of a large and one of a small file. */
const sizes = (top: number, radiusOf: (sizeBytes: number) => number, largestBytes: number): string => {
  const large = roundBelow(largestBytes);
  const bottom = top + 2 * radiusOf(large) + 12;
  return [
    text('Size of the file (area)', { ...WORDS, x: LEFT, y: top, fill: COLOUR.soft }),
    ...[large, roundBelow(large / 5)].flatMap((bytes) => {
      const radius = radiusOf(bytes);
      const centre = LEFT + 32;
      return [
        element('circle', { cx: centre, cy: bottom - radius, r: radius, fill: 'none', stroke: COLOUR.soft }),
        element('line', {
          ...{ x1: centre, x2: centre + 44, y1: bottom - 2 * radius, y2: bottom - 2 * radius },
          ...{ stroke: COLOUR.soft, 'stroke-width': 0.7, 'stroke-dasharray': '2 2' },
        }),
        text(formatMegabytes(bytes), { ...WORDS, x: centre + 48, y: bottom - 2 * radius + 4.5, 'font-size': 12 }),
      ];
    }),
  ].join('');
};

/** @param radiusOf of a bubble of so many bytes, pixels. */
export const legend = (selection: Selection, radiusOf: (sizeBytes: number) => number): string => {
  const { candidates, recommendation, request } = selection;
  const { maxBytes } = request.limits;
  const others = candidates.filter(({ candidate }) => candidate !== recommendation?.candidate);
  const isAllowed = ({ excludedBy }: SelectionCandidate): boolean => excludedBy.length === 0;
  const entries: readonly Entry[] = [
    { isShown: recommendation !== null, words: 'recommended', mark: dot(COLOUR.recommended) },
    { isShown: others.some((one) => one.onFront && isAllowed(one)), words: 'on the front', mark: dot(COLOUR.front) },
    {
      ...{ words: 'beaten by another', mark: dot(COLOUR.behind) },
      isShown: others.some((one) => !one.onFront && isAllowed(one)),
    },
    { isShown: !candidates.every(isAllowed), words: 'breaks a limit', mark: dot(COLOUR.excluded) },
    {
      ...{ words: 'accuracy before pruning', mark: dot(COLOUR.soft, true) },
      isShown: candidates.some(({ probe }) => probe.of === 'original'),
    },
    {
      ...{ words: 'fine-tuned (val images)', mark: (y: number) => diamond(LEFT + 10, y, 'white') },
      isShown: candidates.some(({ fineTuned }) => fineTuned !== null),
    },
  ].filter(({ isShown }) => isShown);
  const top = FRAME.y + 10;
  const largest = Math.max(...candidates.map(({ sizeBytes }) => sizeBytes));
  return [
    ...entries.map(
      ({ mark, words }, at) => mark(top + at * LINE) + text(words, { ...WORDS, y: top + at * LINE + 4.5 }),
    ),
    ...(maxBytes === undefined
      ? []
      : [
          text(`at most ${formatMegabytes(maxBytes)}`, {
            ...{ ...WORDS, x: LEFT, fill: COLOUR.limit },
            y: top + entries.length * LINE + 4.5,
          }),
        ]),
    sizes(top + (entries.length + 2) * LINE, radiusOf, largest),
  ].join('');
};

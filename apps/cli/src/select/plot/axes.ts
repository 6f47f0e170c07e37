/** Axes, grid and limits. */
import type { SelectionLimits } from '@graft/contracts';
import { formatLatency, formatPercent } from './format.js';
import type { Axis } from './scales.js';
import { element, text } from './svg.js';
import { COLOUR, FRAME } from './theme.js';

export const axes = ({ x, y }: { readonly x: Axis; readonly y: Axis }): string => {
  const { x: left, y: top, width, height } = FRAME;
  const bottom = top + height;
  const soft = { fill: COLOUR.soft, 'font-size': 13 };
  return [
    ...y.ticks.flatMap((tick) => [
      element('line', { x1: left, x2: left + width, y1: y.at(tick), y2: y.at(tick), stroke: COLOUR.grid }),
      text(formatPercent(tick), { ...soft, x: left - 10, y: y.at(tick) + 4.5, 'text-anchor': 'end' }),
    ]),
    ...x.ticks.flatMap((tick) => [
      element('line', { x1: x.at(tick), x2: x.at(tick), y1: top, y2: bottom, stroke: COLOUR.grid }),
      text(String(tick), { ...soft, x: x.at(tick), y: bottom + 20, 'text-anchor': 'middle' }),
    ]),
    element('line', { x1: left, x2: left + width, y1: bottom, y2: bottom, stroke: COLOUR.soft }),
    element('line', { x1: left, x2: left, y1: top, y2: bottom, stroke: COLOUR.soft }),
    text(`Median latency of one image (ms${x.isLog ? ', log scale' : ''})`, {
      ...{ x: left + width / 2, y: bottom + 48, 'text-anchor': 'middle', 'font-size': 15, fill: COLOUR.ink },
    }),
    text('Accuracy', {
      ...{ x: 0, y: 0, 'text-anchor': 'middle', 'font-size': 15, fill: COLOUR.ink },
      transform: `translate(26 ${top + height / 2}) rotate(-90)`,
    }),
  ].join('');
};

export const limitLines = (
  { maxMs, minAccuracy }: SelectionLimits,
  { x, y }: { readonly x: Axis; readonly y: Axis },
): string => {
  const { x: left, y: top, width, height } = FRAME;
  const stroke = { stroke: COLOUR.limit, 'stroke-width': 1.5, 'stroke-dasharray': '7 5' };
  const words = { fill: COLOUR.limit, 'font-size': 13 };
  return [
    ...(maxMs === undefined
      ? []
      : [
          element('line', { ...stroke, x1: x.at(maxMs), x2: x.at(maxMs), y1: top, y2: top + height }),
          text(`at most ${formatLatency(maxMs)}`, { ...words, x: x.at(maxMs), y: top - 7, 'text-anchor': 'middle' }),
        ]),
    ...(minAccuracy === undefined
      ? []
      : [
          element('line', { ...stroke, x1: left, x2: left + width, y1: y.at(minAccuracy), y2: y.at(minAccuracy) }),
          text(`at least ${formatPercent(minAccuracy)}`, {
            ...words,
            x: left + width,
            y: y.at(minAccuracy) - 6,
            'text-anchor': 'end',
          }),
        ]),
  ].join('');
};

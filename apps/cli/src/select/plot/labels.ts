/** Names beside the points. */
import { placeLabels, type Box } from './place-labels.js';
import { element, text, widthOf } from './svg.js';
import { COLOUR, FRAME, LABEL_SIZE, type Point } from './theme.js';

/** A label may interrupt a whisker rather than be far from its point, and a limit rather not. */
const WHISKER_WEIGHT = 0.5;
const LIMIT_WEIGHT = 1.5;

const boxAround = (x: number, y: number, radius: number): Box => ({
  ...{ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius },
});

/** @param lines of limits, which labels should not cross. */
export const labelsOf = (points: readonly Point[], lines: readonly Box[]): string => {
  // What matters most chooses its place first.
  const ordered = [...points].sort(
    (a, b) => Number(b.isRecommended) - Number(a.isRecommended) || Number(b.of.onFront) - Number(a.of.onFront),
  );
  const obstacles = [
    ...points.map(({ x, y, radius }) => boxAround(x, y, radius)),
    ...points.map(({ x, top, bottom }) => ({
      x: x - 4,
      y: top,
      width: 8,
      height: bottom - top,
      weight: WHISKER_WEIGHT,
    })),
    ...points.flatMap(({ fineTuned }) => (fineTuned === null ? [] : [boxAround(fineTuned.x, fineTuned.y, 8)])),
    ...lines.map((box) => ({ ...box, weight: LIMIT_WEIGHT })),
  ];
  const places = placeLabels(
    ordered.map((point) => ({
      ...{ x: point.x, y: point.y, radius: point.radius },
      ...{ width: widthOf(point.of.candidate, LABEL_SIZE) * (point.isRecommended ? 1.1 : 1), height: LABEL_SIZE + 2 },
    })),
    { bounds: FRAME, obstacles },
  );
  return ordered
    .flatMap((point, at) => {
      const place = places[at];
      if (place === undefined) return [];
      const [middleX, middleY] = [place.x + place.width / 2, place.y + place.height / 2];
      const isLeft = middleX < point.x;
      const lead = place.isRemote
        ? element('line', {
            ...{ x1: point.x, y1: point.y, x2: isLeft ? place.x + place.width : place.x, y2: middleY },
            ...{ stroke: COLOUR.behind, 'stroke-width': 0.8 },
          })
        : '';
      const words = text(point.of.candidate, {
        x: isLeft ? place.x + place.width : place.x,
        y: middleY + LABEL_SIZE * 0.35,
        'text-anchor': isLeft ? 'end' : 'start',
        'font-size': LABEL_SIZE,
        'font-weight': point.isRecommended ? 'bold' : undefined,
        fill: point.isRecommended ? point.colour : point.of.excludedBy.length > 0 ? COLOUR.soft : COLOUR.ink,
        // A halo, so that a line behind it doesn't strike it out.
        ...{ stroke: 'white', 'stroke-width': 3, 'paint-order': 'stroke' },
      });
      return [lead, words];
    })
    .join('');
};

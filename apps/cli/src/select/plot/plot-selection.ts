/**
 * A selection as a picture: accuracy with its interval against latency, the area of a bubble for the file's size, the front as a
 * line, limits as lines, what is recommended in colour.
 */
import type { Selection } from '@graft/contracts';
import { axes, limitLines } from './axes.js';
import { labelsOf } from './labels.js';
import { legend } from './legend.js';
import { bubble, fineTunedMark, frontLine, whisker } from './marks.js';
import type { Box } from './place-labels.js';
import { accuracyAxis, latencyAxis, radiusScale, type Axis } from './scales.js';
import { element, text } from './svg.js';
import { COLOUR, colourOf, FONT, FRAME, HEIGHT, WIDTH, type Point } from './theme.js';

const present = <T>(values: readonly (T | null | undefined)[]): T[] =>
  values.filter((value): value is T => value !== null && value !== undefined);

const axesOf = ({ candidates, request: { limits } }: Selection): { x: Axis; y: Axis } => ({
  x: latencyAxis(
    present([
      ...candidates.flatMap(({ latency, fineTuned }) => [latency.p50Ms, fineTuned?.latency.p50Ms]),
      limits.maxMs,
    ]),
    FRAME,
  ),
  y: accuracyAxis(
    present([
      ...candidates.flatMap(({ probe: { accuracy }, fineTuned }) => [
        ...[accuracy.lower, accuracy.upper, fineTuned?.accuracy.value],
      ]),
      limits.minAccuracy,
    ]),
    FRAME,
  ),
});

const heading = ({ request, images, labels, candidates }: Selection): string => {
  const [first] = candidates;
  const subtitle = (line: number, content: string): string =>
    text(content, { x: FRAME.x, y: 62 + 18 * line, 'font-size': 13, fill: COLOUR.soft });
  return [
    text(`Backbones for ${request.dataset}: accuracy against latency`, {
      ...{ x: FRAME.x, y: 38, 'font-size': 21, 'font-weight': 'bold', fill: COLOUR.ink },
    }),
    subtitle(
      0,
      `Linear probes on frozen features, ${request.folds}-fold cross-validation on ${images} images of ${labels} labels; whiskers: 95% intervals.`,
    ),
    subtitle(1, `Latency on a CPU of class ${first?.latency.cpuClass ?? 'unknown'}. Best is top left.`),
  ].join('');
};

/** Limits as boxes that a label should not lie on. */
const limitBoxes = ({ request: { limits } }: Selection, { x, y }: { x: Axis; y: Axis }): Box[] => [
  ...(limits.maxMs === undefined ? [] : [{ ...FRAME, x: x.at(limits.maxMs) - 2, width: 4 }]),
  ...(limits.minAccuracy === undefined
    ? []
    : [
        { ...FRAME, y: y.at(limits.minAccuracy) - 2, height: 4 },
        // And the words above its right end.
        { x: FRAME.x + FRAME.width - 100, y: y.at(limits.minAccuracy) - 20, width: 100, height: 20 },
      ]),
];

/** An SVG document, 1080 × 670 pixels on white. The same selection gives the same text. */
export const plotSelection = (selection: Selection): string => {
  const scales = axesOf(selection);
  const radiusOf = radiusScale(selection.candidates.map(({ sizeBytes }) => sizeBytes));
  const points = selection.candidates.map((of): Point => {
    const isRecommended = of.candidate === selection.recommendation?.candidate;
    const { accuracy } = of.probe;
    return {
      ...{ of, isRecommended, colour: colourOf(of, isRecommended), radius: radiusOf(of.sizeBytes) },
      ...{ x: scales.x.at(of.latency.p50Ms), y: scales.y.at(accuracy.value) },
      ...{ top: scales.y.at(accuracy.upper), bottom: scales.y.at(accuracy.lower) },
      fineTuned:
        of.fineTuned === null
          ? null
          : { x: scales.x.at(of.fineTuned.latency.p50Ms), y: scales.y.at(of.fineTuned.accuracy.value) },
    };
  });
  // Small bubbles last, so that a large one hides none.
  const largestFirst = [...points].sort((a, b) => b.radius - a.radius);
  return element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT },
      'font-family': FONT,
    },
    element('rect', { width: WIDTH, height: HEIGHT, fill: 'white' }),
    heading(selection),
    axes(scales),
    frontLine(points),
    limitLines(selection.request.limits, scales),
    ...points.map(whisker),
    ...largestFirst.map(bubble),
    ...points.map(fineTunedMark),
    labelsOf(points, limitBoxes(selection, scales)),
    legend(selection, radiusOf),
  );
};

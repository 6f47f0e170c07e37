/** A selection as a person reads it in a terminal. */
import type { Selection, SelectionCandidate } from '@graft/contracts';
import { count, formatInterval, formatTable, paint, wrap } from '../output.js';
import { formatMegabytes } from './plot/format.js';

/** What keeps a candidate from being the one, or what is to be known of it; the most important first. */
const noteOf = (one: SelectionCandidate): string => {
  const [broken] = one.excludedBy;
  if (broken !== undefined) return broken.detail;
  if (one.dominatedBy !== null) return `${one.dominatedBy} is as accurate, as fast and as small, or better`;
  if (one.notShownBetterThan !== null) return `not shown to be more accurate than ${one.notShownBetterThan}`;
  return one.probe.of === 'original' ? 'accuracy before pruning' : '';
};

const rowOf = (one: SelectionCandidate, isRecommended: boolean): string[] => [
  isRecommended ? paint('green', one.candidate) : one.candidate,
  `${formatInterval(one.probe.accuracy)}${one.probe.of === 'original' ? '*' : ''}`,
  one.latency.p50Ms.toFixed(1),
  formatMegabytes(one.sizeBytes),
  (one.parameters / 1e6).toFixed(1),
  (one.macs / 1e6).toFixed(0),
  one.onFront ? 'front' : '',
  one.fineTuned === null
    ? ''
    : `${formatInterval(one.fineTuned.accuracy)} ${one.fineTuned.strategy}, ${one.fineTuned.latency.p50Ms.toFixed(1)} ms`,
  noteOf(one),
];

/** Table, recommendation with its reasons, warnings. */
export const formatSelection = (selection: Selection): string => {
  const { request, images, valImages, labels, candidates, recommendation, warnings } = selection;
  const [first] = candidates;
  const val = valImages === 0 ? '' : `; fine-tuned: on ${count(valImages, 'val image')}`;
  return [
    `${request.dataset}, version ${request.datasetVersion.slice(0, 12)}: probes cross-validated on ${count(images, 'train and val image')} of ${labels} labels${val}; latency of one image on a CPU of class ${first?.latency.cpuClass ?? 'unknown'}`,
    '',
    formatTable(
      ['candidate', 'accuracy [95%]', 'ms', 'size', 'M parameters', 'M MACs', '', 'fine-tuned [95%]', ''],
      candidates.map((one) => rowOf(one, one.candidate === recommendation?.candidate)),
    ),
    ...(candidates.some(({ probe }) => probe.of === 'original')
      ? ['* of the form it is pruned from: what pruning costs is measured on finalists']
      : []),
    ...(candidates.some(({ onFront }) => onFront)
      ? ['front: none of the others is as accurate, as fast and as small at once; one of these is worth choosing']
      : []),
    '',
    recommendation === null
      ? paint('yellow', 'no candidate keeps to the limits')
      : `recommended: ${paint('green', recommendation.candidate)}`,
    ...(recommendation?.reasons ?? []).map((reason) => `  ${wrap(reason, 2)}`),
    ...warnings.map(({ message }) => `${paint('yellow', 'warning')} ${wrap(message, 8)}`),
  ].join('\n');
};

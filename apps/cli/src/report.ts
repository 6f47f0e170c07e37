/** An evaluation report as a reviewer reads it in a terminal. */
import type { Evaluation, ModelVersion, Review } from '@graft/contracts';
import { formatInterval, formatShare, formatTable, paint } from './output.js';

const VERDICT_STYLE = { pass: 'green', fail: 'red', insufficient: 'yellow' } as const;

export const formatVerdict = (verdict: Evaluation['gate']['verdict']): string => paint(VERDICT_STYLE[verdict], verdict);

const sourceRows = ({ metrics, champion }: Evaluation): (string | number)[][] =>
  Object.entries(metrics.accuracyBySource).map(([source, interval]) => {
    const theirs = champion?.metrics.accuracyBySource[source];
    return [source, interval.n, formatInterval(interval), theirs === undefined ? '–' : formatInterval(theirs)];
  });

const classRows = ({ metrics, champion }: Evaluation): (string | number)[][] =>
  metrics.perClass.map(({ label, support, precision, recall, f1 }) => {
    const paired = champion?.paired.perClass.find((candidate) => candidate.label === label);
    return [
      label,
      support,
      formatShare(precision.value),
      formatInterval(recall),
      formatShare(f1),
      paired === undefined
        ? '–'
        : `+${paired.onlyCandidateRight} −${paired.onlyChampionRight} (p ${paired.pHolm.toPrecision(2)})`,
    ];
  });

const championLines = (champion: NonNullable<Evaluation['champion']>): string[] => {
  const { paired } = champion;
  return [
    '',
    `against champion version ${champion.version} on the same ${paired.images} images: difference ${formatInterval(paired.difference)}`,
    `  ${paired.onlyCandidateRight} fixed, ${paired.onlyChampionRight} broken, McNemar p ${paired.mcnemarP.toPrecision(2)}` +
      (champion.seenInTraining > 0
        ? `; ${champion.seenInTraining} images left out that the champion was trained on`
        : '') +
      (champion.newLabels.length > 0 ? `; labels it doesn't know: ${champion.newLabels.join(', ')}` : ''),
  ];
};

/** The whole report: gate line by line, accuracy by source and class, what changed against the champion. */
export const formatReport = (version: ModelVersion, report: Evaluation): string =>
  [
    `${version.model} version ${version.version} — ${version.state}, gate ${formatVerdict(report.gate.verdict)}${report.gate.superior ? ', superior to the champion' : ''}`,
    `report ${version.reportDigest}`,
    `accuracy ${formatInterval(report.metrics.accuracy)} on ${report.metrics.images} test images · balanced ${formatShare(report.metrics.balancedAccuracy)} · macro-F1 ${formatShare(report.metrics.macroF1)} · ECE ${formatShare(report.metrics.ece)}`,
    `one image: p50 ${report.latency.p50Ms.toFixed(1)} ms, p99 ${report.latency.p99Ms.toFixed(1)} ms (${report.latency.cpuClass}) · ${(report.sizeBytes / 1e6).toFixed(1)} MB · this test split was looked at ${report.earlierLooks} times before`,
    '',
    ...report.gate.checks.map(
      ({ name, verdict, detail }) => `  ${formatVerdict(verdict).padEnd(12)} ${name}: ${detail}`,
    ),
    '',
    formatTable(['source', 'images', 'accuracy [95%]', 'champion'], sourceRows(report)),
    '',
    formatTable(['class', 'images', 'precision', 'recall [95%]', 'F1', 'fixed/broken'], classRows(report)),
    ...(report.champion === null ? [] : championLines(report.champion)),
  ].join('\n');

/** The commands that decide, bound to what was shown. */
export const formatDecision = (review: Review): string => {
  const bound = `--report ${review.reportDigest.slice(0, 12)} --generation ${review.championGeneration}`;
  const override = review.gateVerdict === 'fail' ? ' --override-gate' : '';
  return [
    `approve: ./graft approve ${review.model} ${review.version} ${bound}${override} --reason "…"`,
    `reject:  ./graft reject ${review.model} ${review.version} ${bound} --reason "…"`,
  ].join('\n');
};

/** An evaluation report as a reviewer reads it in a terminal. */
import type { Drift, Evaluation, ModelVersion, QualityMeasure, Review } from '@graft/contracts';
import { count, formatInterval, formatShare, formatTable, paint } from './output.js';

const VERDICT_STYLE = { pass: 'green', fail: 'red', insufficient: 'yellow' } as const;

export const formatVerdict = (verdict: Evaluation['gate']['verdict']): string => paint(VERDICT_STYLE[verdict], verdict);

/** A version's forms side by side, in the pipeline's order. */
export const formatVariants = ({ variant: preferred, variants }: Pick<ModelVersion, 'variant' | 'variants'>): string =>
  formatTable(
    ['variant', 'accuracy [95%]', 'one image, p50', 'size', 'gate', ''],
    variants.map(({ variant, accuracy, latencyP50Ms, sizeBytes, gateVerdict }) => [
      variant,
      formatInterval(accuracy),
      `${latencyP50Ms.toFixed(1)} ms`,
      formatMegabytes(sizeBytes),
      formatVerdict(gateVerdict),
      variant === preferred ? 'preferred: what a promotion serves, and what is told below' : '',
    ]),
  );

const formatMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const variantLines = (version: ModelVersion): string[] =>
  version.variants.length > 1 ? ['', formatVariants(version), ''] : [];

/** Where it was made from another form: what that cost. */
const originalLines = ({ original }: Evaluation): string[] =>
  original === null
    ? []
    : [
        `against ${original.variant}, which it was made from, on the same ${original.paired.images} images: ` +
          `difference ${formatInterval(original.paired.difference)}, ` +
          `${original.paired.onlyCandidateRight} fixed, ${original.paired.onlyChampionRight} broken`,
      ];

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
        : `+${paired.onlyCandidateRight} −${paired.onlyChampionRight} (${paired.pHolm.toPrecision(2)})`,
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

/** The report in one sentence, for whoever reads no further. */
const plainVerdict = ({ champion, gate, metrics }: Evaluation): string => {
  if (champion === null)
    return `It is the first: nothing to compare with. ${percent(metrics.accuracy.value)} of the test images come out right.`;
  const points = champion.paired.difference.value * 100;
  const size = `${Math.abs(points).toFixed(1)} points`;
  const than = `than version ${champion.version} on the same images`;
  if (gate.superior) return `It is better by ${size} ${than}, and that is no chance.`;
  if (points === 0) return `It is as good as version ${champion.version} on the same images.`;
  const certainty = champion.paired.mcnemarP < 0.05 ? 'and that is no chance' : 'which may be chance';
  return `It is ${points > 0 ? 'better' : 'worse'} by ${size} ${than}, ${certainty}.`;
};

/** Three digits, but whole numbers (pixels) in full. */
export const formatMeasure = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** How each measure that moved is told of: where it went up, and where it went down. */
const SHIFTS: Readonly<Record<QualityMeasure, readonly [up: string, down: string]>> = {
  brightness: ['are brighter', 'are darker'],
  contrast: ['have more contrast', 'have less contrast'],
  sharpness: ['are sharper', 'are less sharp'],
  pixels: ['have more pixels', 'have fewer pixels'],
  aspect: ['are wider for their height', 'are narrower for their height'],
};

/** Medians can agree where the distributions don't. */
const shiftsOf = ({ quality }: Pick<Drift, 'quality'>): string[] =>
  (quality?.measures ?? [])
    .filter(({ detected }) => detected)
    .map(({ measure, pHolm, referenceMedian, newMedian }) => {
      const [up, down] = SHIFTS[measure];
      const what = newMedian > referenceMedian ? up : newMedian < referenceMedian ? down : `differ in ${measure}`;
      return `${what} (median ${formatMeasure(newMedian)}, before ${formatMeasure(referenceMedian)}; p ${pHolm.toPrecision(2)})`;
    });

const listOf = (parts: readonly string[]): string =>
  parts.length < 3 ? parts.join(' and ') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

const driftLines = (drift: Drift | null): string[] => {
  if (drift === null) return [];
  const parts = [
    drift.features?.detected === true ? `look different (p ${drift.features.p.toPrecision(2)})` : null,
    drift.labels?.detected === true ? `are labelled in other proportions (p ${drift.labels.p.toPrecision(2)})` : null,
    ...shiftsOf(drift),
  ].filter((part) => part !== null);
  return [
    '',
    parts.length > 0
      ? `drift: the ${drift.newImages} new training images ${listOf(parts)} from those the champion learned from`
      : `drift: none found in ${count(drift.newImages, 'new training image')}`,
  ];
};

/** The whole report: gate line by line, accuracy by source and class, what changed against the champion, drift. */
export const formatReport = (params: { version: ModelVersion; report: Evaluation; drift: Drift | null }): string => {
  const { version, report, drift } = params;
  return [
    `${version.model} version ${version.version} — ${version.state}, gate ${formatVerdict(report.gate.verdict)}${report.gate.superior ? ', superior to the champion' : ''}`,
    ...variantLines(version),
    plainVerdict(report),
    `report ${version.reportDigest}`,
    `accuracy ${formatInterval(report.metrics.accuracy)} on ${report.metrics.images} test images · balanced ${formatShare(report.metrics.balancedAccuracy)} · macro-F1 ${formatShare(report.metrics.macroF1)} · ECE ${formatShare(report.metrics.ece)}`,
    `one image: p50 ${report.latency.p50Ms.toFixed(1)} ms, p99 ${report.latency.p99Ms.toFixed(1)} ms (${report.latency.cpuClass}) · ${formatMegabytes(report.sizeBytes)} · this test split was looked at ${count(report.earlierLooks, 'time')} before`,
    ...originalLines(report),
    '',
    ...report.gate.checks.map(
      ({ name, verdict, detail }) => `  ${formatVerdict(verdict).padEnd(12)} ${name}: ${detail}`,
    ),
    '',
    formatTable(['source', 'images', 'accuracy [95%]', 'champion'], sourceRows(report)),
    '',
    formatTable(
      ['class', 'images', 'precision', 'recall [95%]', 'F1', 'fixed/broken (p after Holm)'],
      classRows(report),
    ),
    ...(report.champion === null ? [] : championLines(report.champion)),
    ...driftLines(drift),
  ].join('\n');
};

/** The commands that decide, bound to what was shown. */
export const formatDecision = (review: Review): string => {
  const bound = `--report ${review.reportDigest.slice(0, 12)} --generation ${review.championGeneration}`;
  const override = review.gateVerdict === 'fail' ? ' --override-gate' : '';
  return [
    `approve: ./graft approve ${review.model} ${review.version} ${bound}${override} --reason "…"`,
    `reject:  ./graft reject ${review.model} ${review.version} ${bound} --reason "…"`,
  ].join('\n');
};

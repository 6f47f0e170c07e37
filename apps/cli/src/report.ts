/** An evaluation report as a reviewer reads it in a terminal. */
import type { Drift, Evaluation, ModelVersion, QualityMeasure, Review } from '@graft/contracts';
import { plainVerdict, worseSlices } from '@graft/evaluation';
import { count, formatInterval, formatShare, formatTable, paint, wrap } from './output.js';

const VERDICT_STYLE = { pass: 'green', fail: 'red', insufficient: 'yellow' } as const;

export const formatVerdict = (verdict: Evaluation['gate']['verdict']): string => paint(VERDICT_STYLE[verdict], verdict);

type Forms = Pick<ModelVersion, 'variant' | 'variants'>;

/** Why a form is the preferred one, or isn't: the first with the best verdict is. */
const preferenceOf = ({ variant, gateVerdict }: Forms['variants'][number], { variant: preferred, variants }: Forms) => {
  if (variant === preferred) return 'preferred: what a promotion serves, and what is told below';
  const best = variants.find((one) => one.variant === preferred);
  return best?.gateVerdict === gateVerdict
    ? `as good a verdict, but the pipeline lists ${preferred} before it`
    : `its verdict is worse than that of ${preferred}`;
};

/** A version's forms side by side, in the pipeline's order. */
export const formatVariants = (version: Forms): string =>
  formatTable(
    ['variant', 'accuracy [95%]', 'one image, p50', 'size', 'gate', ''],
    version.variants.map((one) => [
      one.variant,
      formatInterval(one.accuracy),
      `${one.latencyP50Ms.toFixed(1)} ms`,
      formatMegabytes(one.sizeBytes),
      formatVerdict(one.gateVerdict),
      preferenceOf(one, version),
    ]),
  );

/** What the gate asked of forms other than the preferred one that they don't show. */
const otherLines = (others: readonly Evaluation[]): string[] =>
  others.flatMap(({ variant, gate }) =>
    gate.checks
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ name, verdict, detail }) => `  ${variant}: ${formatVerdict(verdict)} ${wrap(`${name}: ${detail}`, 4)}`),
  );

const formatMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const variantLines = (version: ModelVersion, others: readonly Evaluation[]): string[] =>
  version.variants.length > 1 ? ['', formatVariants(version), ...otherLines(others), ''] : [];

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

/** What pictures are like, and how well they are known; slices that are worse than the whole beyond chance are marked. */
const sliceLines = ({ slices = [], metrics }: Evaluation): string[] => {
  if (slices.length === 0) return [];
  const worse = new Set(worseSlices(slices, metrics.accuracy));
  return [
    '',
    formatTable(
      ['pictures by', '', 'images', 'accuracy [95%]', ''],
      slices.map((slice) => [
        slice.by,
        slice.name,
        slice.accuracy.n,
        formatInterval(slice.accuracy),
        worse.has(slice) ? paint('yellow', 'worse than the whole') : '',
      ]),
    ),
  ];
};

/** Whether the probabilities can be taken at their word. */
const confidenceLine = ({ metrics: { reliability = [] } }: Evaluation): string[] => {
  const [surest] = reliability.slice(-1);
  if (surest === undefined) return [];
  const { confidence, accuracy } = surest;
  return [
    `where it is surest (${formatShare(confidence)} on average), it is right in ${formatInterval(accuracy)} of ${count(accuracy.n, 'image')}`,
  ];
};

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

/** Three digits, but whole numbers (pixels) in full. */
export const formatMeasure = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));

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
  const isTold = drift.features !== null || drift.labels !== null || (drift.quality ?? null) !== null;
  if (!isTold) return ['', `drift: too few images to tell (${count(drift.newImages, 'new training image')})`];
  return [
    '',
    parts.length > 0
      ? `drift: the ${drift.newImages} new training images ${listOf(parts)} from those the champion learned from`
      : `drift: none found in ${count(drift.newImages, 'new training image')}`,
  ];
};

/**
 * The whole report: gate line by line, accuracy by source and class, what changed against the champion, drift.
 * @param others reports of the version's other forms
 */
export const formatReport = (params: {
  version: ModelVersion;
  report: Evaluation;
  others?: readonly Evaluation[];
  drift: Drift | null;
}): string => {
  const { version, report, others = [], drift } = params;
  return [
    `${version.model} version ${version.version} — ${version.state}, gate ${formatVerdict(report.gate.verdict)}${report.gate.superior ? ', superior to the champion' : ''}`,
    ...variantLines(version, others),
    plainVerdict(report),
    `report ${version.reportDigest}`,
    `accuracy ${formatInterval(report.metrics.accuracy)} on ${report.metrics.images} test images · balanced ${formatShare(report.metrics.balancedAccuracy)} · macro-F1 ${formatShare(report.metrics.macroF1)} · ECE ${formatShare(report.metrics.ece)}`,
    `one image: p50 ${report.latency.p50Ms.toFixed(1)} ms, p99 ${report.latency.p99Ms.toFixed(1)} ms (${report.latency.cpuClass}) · ${formatMegabytes(report.sizeBytes)} · this test split was looked at ${count(report.earlierLooks, 'time')} before`,
    ...confidenceLine(report),
    ...originalLines(report),
    '',
    ...report.gate.checks.map(
      ({ name, verdict, detail }) => `  ${formatVerdict(verdict).padEnd(12)} ${name}: ${detail}`,
    ),
    '',
    formatTable(['source', 'images', 'accuracy [95%]', 'champion'], sourceRows(report)),
    ...sliceLines(report),
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
  const lines = {
    approve: `approve: ./graft approve ${review.model} ${review.version} ${bound}${override} --reason "…"`,
    reject: `reject:  ./graft reject ${review.model} ${review.version} ${bound} --reason "…"`,
  };
  return review.allows.map((verb) => lines[verb]).join('\n');
};

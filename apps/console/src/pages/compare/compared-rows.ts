/** What is told of versions side by side. Pure. */
import { isAdopted, type Evaluation, type ModelVersion } from '@graft/contracts';
import { megabytes, percent, withInterval } from '../../parts/numbers.js';

export interface ComparedRow {
  readonly name: string;
  /** One for each version, in their order. */
  readonly values: readonly string[];
}

const ABSENT = '–';

/** @param reports one for each version, in their order */
export const measured = (reports: readonly Evaluation[]): ComparedRow[] => {
  const row = (name: string, tell: (report: Evaluation) => string): ComparedRow => ({
    name,
    values: reports.map(tell),
  });
  const sources = [...new Set(reports.flatMap(({ metrics }) => Object.keys(metrics.accuracyBySource)))].sort();
  return [
    row('accuracy [95%]', ({ metrics }) => withInterval(metrics.accuracy)),
    row('balanced accuracy', ({ metrics }) => percent(metrics.balancedAccuracy)),
    row('macro-F1', ({ metrics }) => percent(metrics.macroF1)),
    row('calibration error (ECE)', ({ metrics }) => percent(metrics.ece)),
    ...sources.map((source) =>
      row(`accuracy on ${source} [95%]`, ({ metrics }) => {
        const accuracy = metrics.accuracyBySource[source];
        return accuracy === undefined ? ABSENT : withInterval(accuracy);
      }),
    ),
    row('one image, p50', ({ latency }) => `${latency.p50Ms.toFixed(1)} ms (${latency.cpuClass})`),
    row('size', ({ sizeBytes }) => megabytes(sizeBytes)),
    row('gate', ({ gate }) => gate.verdict),
    row('test images', ({ metrics }) => metrics.images.toLocaleString('en')),
    row('test split of dataset version', ({ datasetVersion }) => datasetVersion.slice(0, 12)),
  ];
};

const factsOf = ({ lineage, variant, signature }: ModelVersion): Readonly<Record<string, string>> => ({
  form: variant,
  labels: signature.labels.join(', '),
  'dataset version': lineage.datasetVersion.slice(0, 12),
  code: `${lineage.code.graft}${lineage.code.commit === null ? '' : `, ${lineage.code.commit.slice(0, 12)}`}`,
  ...(isAdopted(lineage)
    ? { 'made by': `adopted from ${lineage.adopted.file}` }
    : {
        'made by': `pipeline ${lineage.pipeline}`,
        'pipeline as applied': lineage.pipelineDigest.slice(0, 12),
        'what is trained': lineage.trainDigest.slice(0, 12),
        backbone: lineage.embedder.backbone,
        'frozen up to': lineage.embedder.cut,
        'frozen layers in': lineage.embedder.precision,
        weights: lineage.embedder.weightsDigest.slice(0, 12),
      }),
});

/** What not all of them have alike. */
export const differences = (versions: readonly ModelVersion[]): ComparedRow[] => {
  const facts = versions.map(factsOf);
  const names = [...new Set(facts.flatMap((one) => Object.keys(one)))];
  return names
    .map((name) => ({ name, values: facts.map((one) => one[name] ?? ABSENT) }))
    .filter(({ values }) => new Set(values).size > 1);
};

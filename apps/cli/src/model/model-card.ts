/**
 * A version's model card: what it is, what it was made from, how well it does and for whom, and what to mind. After Mitchell et al.,
 * "Model Cards for Model Reporting" (2019). As data, and as Markdown.
 */
import type { Interval } from '@graft/contracts';
import { formatInterval, formatTime } from '../output.js';
import type { VersionAccount } from './account.js';

export interface ModelCard {
  readonly schemaVersion: 'model-card.v1';
  readonly model: string;
  readonly version: number;
  readonly variant: string;
  readonly artifactDigest: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
  readonly state: string;
  readonly labels: readonly string[];
  readonly preprocessing: VersionAccount['version']['signature']['preprocessing'];
  readonly backbone: { readonly name: string; readonly weightsDigest: string; readonly frozenUpTo: string };
  readonly data: {
    readonly dataset: string;
    readonly number: number;
    readonly id: string;
    readonly images: number;
    readonly bySplit: Readonly<Record<'train' | 'val' | 'test', number>>;
    readonly bySource: Readonly<Record<string, number>>;
  };
  readonly metrics: VersionAccount['evaluation']['metrics'];
  readonly latency: VersionAccount['evaluation']['latency'];
  readonly gate: VersionAccount['evaluation']['gate'];
  /** What it was compared with on the same images; null for a first version. */
  readonly against: {
    readonly version: number;
    readonly difference: Interval;
  } | null;
  readonly decisions: VersionAccount['decisions'];
  readonly warnings: readonly string[];
  readonly lineage: { readonly pipeline: string; readonly pipelineDigest: string; readonly runId: string } & Pick<
    VersionAccount['version']['lineage'],
    'code' | 'runtime'
  >;
}

export const toModelCard = (account: VersionAccount): ModelCard => {
  const { version, variant, artifactDigest, evaluation, datasetVersion, warnings, decisions } = account;
  const { embedder, pipeline, pipelineDigest, runId, code, runtime } = version.lineage;
  const { champion } = evaluation;
  return {
    schemaVersion: 'model-card.v1',
    ...{ model: version.model, version: version.version, variant, artifactDigest, sizeBytes: evaluation.sizeBytes },
    ...{ createdAt: version.createdAt, state: version.state, labels: version.signature.labels },
    preprocessing: version.signature.preprocessing,
    backbone: { name: embedder.backbone, weightsDigest: embedder.weightsDigest, frozenUpTo: embedder.cut },
    data: {
      ...{ dataset: datasetVersion.dataset, number: datasetVersion.number, id: datasetVersion.id },
      ...{ images: datasetVersion.images, bySplit: datasetVersion.bySplit, bySource: datasetVersion.bySource },
    },
    ...{ metrics: evaluation.metrics, latency: evaluation.latency, gate: evaluation.gate },
    against: champion && { version: champion.version, difference: champion.paired.difference },
    ...{ decisions, warnings, lineage: { pipeline, pipelineDigest, runId, code, runtime } },
  };
};

/** What Markdown would take for markup, in words that people chose. */
const escape = (words: string): string => words.replace(/([\\`*_{}[\]<>#|!])/g, '\\$1');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map(escape))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

const metricLines = ({ metrics, latency, sizeBytes, gate, against }: ModelCard): string[] => [
  `On ${metrics.images} test images that it never trained on: accuracy ${formatInterval(metrics.accuracy)} (95% interval), ` +
    `balanced accuracy ${metrics.balancedAccuracy.toFixed(3)}, macro-F1 ${metrics.macroF1.toFixed(3)}, ` +
    `expected calibration error ${metrics.ece.toFixed(3)}.`,
  `One image takes ${latency.p50Ms.toFixed(1)} ms (median; 99th percentile ${latency.p99Ms.toFixed(1)} ms) on a CPU of class ${latency.cpuClass}; ` +
    `the model has ${(sizeBytes / 1e6).toFixed(1)} MB.`,
  table(
    ['label', 'test images', 'precision', 'recall [95%]', 'F1'],
    metrics.perClass.map(({ label, support, precision, recall, f1 }) => [
      ...[label, String(support), precision.value.toFixed(3), formatInterval(recall), f1.toFixed(3)],
    ]),
  ),
  table(
    ['source', 'accuracy [95%]'],
    Object.entries(metrics.accuracyBySource).map(([source, interval]) => [source, formatInterval(interval)]),
  ),
  `The gate says: **${gate.verdict}**. ${gate.checks.map(({ name, verdict, detail }) => `${name}: ${verdict} (${escape(detail)})`).join('; ')}.`,
  ...(against === null
    ? ['There was no champion to compare it with.']
    : [`Against version ${against.version} on the same images: ${formatInterval(against.difference)} in accuracy.`]),
];

export const toMarkdown = (card: ModelCard): string => {
  const { data, backbone, lineage, preprocessing } = card;
  const total = Math.max(1, data.images);
  return (
    [
      `# ${escape(card.model)}, version ${card.version} (${card.variant})`,
      `An image classifier: one of ${card.labels.length} labels for each image (${card.labels.map(escape).join(', ')}). ` +
        `Made ${formatTime(card.createdAt)}; state: ${card.state}.`,
      '## How it was made',
      `A head, and what the pipeline let learn with it, on ${escape(backbone.name)} (frozen up to \`${backbone.frozenUpTo}\`, weights ` +
        `\`${backbone.weightsDigest}\`), by pipeline ${escape(lineage.pipeline)} (\`${lineage.pipelineDigest}\`), run \`${lineage.runId}\`, Graft ` +
        `${lineage.code.graft}${lineage.code.commit === null ? '' : ` (${lineage.code.commit})`}.`,
      `Input: RGB, ${preprocessing.inputSize} × ${preprocessing.inputSize} pixels, cut from the centre and scaled (${preprocessing.interpolation}).`,
      '## What it learned from',
      `${escape(data.dataset)}, version ${data.number} (\`${data.id}\`): ${data.images} images; ` +
        `train ${data.bySplit.train}, val ${data.bySplit.val}, test ${data.bySplit.test}.`,
      table(
        ['source', 'images', 'share'],
        Object.entries(data.bySource).map(([source, images]) => [source, String(images), percent(images / total)]),
      ),
      '## How well it does',
      ...metricLines(card),
      '## What to mind',
      '- It answers one of its labels for any image, also for one that shows none of them: mind the probability.',
      '- It was judged on images of the sources above; elsewhere it may do worse. `graft data drift` tells how far new images lie from them.',
      ...card.warnings.map((warning) => `- Its run warned: ${escape(warning)}`),
      '## Who decided',
      ...(card.decisions.length === 0
        ? ['Nobody yet.']
        : card.decisions.map(
            ({ by, decision, at, reason, overrideGate }) =>
              `- ${escape(by)} ${decision === 'approve' ? 'approved' : 'rejected'} it, ${formatTime(at)}${overrideGate ? ', overriding the gate' : ''}: ${escape(reason)}`,
          )),
    ].join('\n\n') + '\n'
  );
};

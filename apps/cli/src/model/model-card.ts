/**
 * A version's model card: what it is, what it was made from, how well it does and for whom, and what to mind. After Mitchell et al.,
 * "Model Cards for Model Reporting" (2019). As data, and as Markdown.
 */
import { isAdopted, type AdoptedLineage, type Interval, type Lineage } from '@graft/contracts';
import { escapeMarkdown, markdownTable } from '../markdown.js';
import { formatInterval, formatTime } from '../output.js';
import { REVIEW_ACTS_TOLD } from '../review-acts.js';
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
  /** Null where it was adopted: what it is made of isn't known. */
  readonly backbone: { readonly name: string; readonly weightsDigest: string; readonly frozenUpTo: string } | null;
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
  readonly lineage:
    | Pick<Lineage, 'pipeline' | 'pipelineDigest' | 'runId' | 'code' | 'runtime'>
    | Pick<AdoptedLineage, 'adopted' | 'code' | 'runtime'>;
}

const backboneOf = (lineage: Lineage | AdoptedLineage): ModelCard['backbone'] => {
  if (isAdopted(lineage)) return null;
  const { backbone, weightsDigest, cut } = lineage.embedder;
  return { name: backbone, weightsDigest, frozenUpTo: cut };
};

const originOf = (lineage: Lineage | AdoptedLineage): ModelCard['lineage'] => {
  const { code, runtime } = lineage;
  if (isAdopted(lineage)) return { adopted: lineage.adopted, code, runtime };
  const { pipeline, pipelineDigest, runId } = lineage;
  return { pipeline, pipelineDigest, runId, code, runtime: lineage.runtime };
};

export const toModelCard = (account: VersionAccount): ModelCard => {
  const { version, variant, artifactDigest, evaluation, datasetVersion, warnings, decisions } = account;
  const { champion } = evaluation;
  return {
    schemaVersion: 'model-card.v1',
    ...{ model: version.model, version: version.version, variant, artifactDigest, sizeBytes: evaluation.sizeBytes },
    ...{ createdAt: version.createdAt, state: version.state, labels: version.signature.labels },
    preprocessing: version.signature.preprocessing,
    backbone: backboneOf(version.lineage),
    data: {
      ...{ dataset: datasetVersion.dataset, number: datasetVersion.number, id: datasetVersion.id },
      ...{ images: datasetVersion.images, bySplit: datasetVersion.bySplit, bySource: datasetVersion.bySource },
    },
    ...{ metrics: evaluation.metrics, latency: evaluation.latency, gate: evaluation.gate },
    against: champion && { version: champion.version, difference: champion.paired.difference },
    ...{ decisions, warnings, lineage: originOf(version.lineage) },
  };
};

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

const metricLines = ({ metrics, latency, sizeBytes, gate, against }: ModelCard): string[] => [
  `On ${metrics.images} test images that it never trained on: accuracy ${formatInterval(metrics.accuracy)} (95% interval), ` +
    `balanced accuracy ${metrics.balancedAccuracy.toFixed(3)}, macro-F1 ${metrics.macroF1.toFixed(3)}, ` +
    `expected calibration error ${metrics.ece.toFixed(3)}.`,
  `One image takes ${latency.p50Ms.toFixed(1)} ms (median; 99th percentile ${latency.p99Ms.toFixed(1)} ms) on a CPU of class ${latency.cpuClass}; ` +
    `the model has ${(sizeBytes / 1e6).toFixed(1)} MB.`,
  markdownTable({
    head: ['label', 'test images', 'precision', 'recall [95%]', 'F1'],
    rows: metrics.perClass.map(({ label, support, precision, recall, f1 }) => [
      ...[label, String(support), precision.value.toFixed(3), formatInterval(recall), f1.toFixed(3)],
    ]),
  }),
  markdownTable({
    head: ['source', 'accuracy [95%]'],
    rows: Object.entries(metrics.accuracyBySource).map(([source, interval]) => [source, formatInterval(interval)]),
  }),
  `The gate says: **${gate.verdict}**. ${gate.checks.map(({ name, verdict, detail }) => `${name}: ${verdict} (${escapeMarkdown(detail)})`).join('; ')}.`,
  ...(against === null
    ? ['There was no champion to compare it with.']
    : [`Against version ${against.version} on the same images: ${formatInterval(against.difference)} in accuracy.`]),
];

const sayOrigin = ({ backbone, lineage }: ModelCard): string => {
  const graft = `Graft ${lineage.code.graft}${lineage.code.commit === null ? '' : ` (${lineage.code.commit})`}`;
  if (backbone === null || 'adopted' in lineage) {
    if (!('adopted' in lineage)) return graft;
    const { file, fileDigest, producer, changes } = lineage.adopted;
    return (
      `Elsewhere: it was adopted from ${escapeMarkdown(file)} (\`${fileDigest}\`${producer === '' ? '' : `, written by ${escapeMarkdown(producer)}`}) ` +
      `by ${graft}. What it learned from isn't known.${changes.map((change) => ` So that it can be served, ${escapeMarkdown(change)}.`).join('')}`
    );
  }
  return (
    `A head, and what the pipeline let learn with it, on ${escapeMarkdown(backbone.name)} (frozen up to \`${backbone.frozenUpTo}\`, weights ` +
    `\`${backbone.weightsDigest}\`), by pipeline ${escapeMarkdown(lineage.pipeline)} (\`${lineage.pipelineDigest}\`), run \`${lineage.runId}\`, ${graft}.`
  );
};

export const toMarkdown = (card: ModelCard): string => {
  const { data, preprocessing } = card;
  const total = Math.max(1, data.images);
  return (
    [
      `# ${escapeMarkdown(card.model)}, version ${card.version} (${card.variant})`,
      `An image classifier: one of ${card.labels.length} labels for each image (${card.labels.map(escapeMarkdown).join(', ')}). ` +
        `Made ${formatTime(card.createdAt)}; state: ${card.state}.`,
      '## How it was made',
      sayOrigin(card),
      `Input: RGB, ${preprocessing.inputSize} × ${preprocessing.inputSize} pixels, cut from the centre and scaled (${preprocessing.interpolation}).`,
      'adopted' in card.lineage ? '## What it was judged on' : '## What it learned from',
      `${escapeMarkdown(data.dataset)}, version ${data.number} (\`${data.id}\`): ${data.images} images; ` +
        `train ${data.bySplit.train}, val ${data.bySplit.val}, test ${data.bySplit.test}.`,
      markdownTable({
        head: ['source', 'images', 'share'],
        rows: Object.entries(data.bySource).map(([source, images]) => [
          source,
          String(images),
          percent(images / total),
        ]),
      }),
      '## How well it does',
      ...metricLines(card),
      '## What to mind',
      '- It answers one of its labels for any image, also for one that shows none of them: mind the probability.',
      '- It was judged on images of the sources above; elsewhere it may do worse. `graft data drift` tells how far new images lie from them.',
      ...card.warnings.map((warning) => `- Its run warned: ${escapeMarkdown(warning)}`),
      '## Who decided',
      ...(card.decisions.length === 0
        ? ['Nobody yet.']
        : card.decisions.map(
            ({ by, decision, at, reason, overrideGate }) =>
              `- ${escapeMarkdown(by)} ${REVIEW_ACTS_TOLD[decision]} it, ${formatTime(at)}${overrideGate ? ', overriding the gate' : ''}: ${escapeMarkdown(reason)}`,
          )),
    ].join('\n\n') + '\n'
  );
};

/** What serves, or served at a moment: since when, on whose word, on what evidence, from which data, backbone and code. */
import {
  AppError,
  describeErasure,
  isAdopted,
  keepsChampion,
  type BlobStore,
  type Erasure,
  type LedgerEntry,
  type LiveAccuracy,
  type Trial,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { tellReason, variantOf } from '../deployments.js';
import { tellLive } from '../feedback/tell-live-accuracy.js';
import { count, formatInterval, formatTime, shortDigest } from '../output.js';
import { REVIEW_ACTS_TOLD } from '../review-acts.js';
import { stepOf } from '../trial/tell-trial.js';
import { readAccount, type VersionAccount } from './account.js';

export interface ServingStory {
  readonly environment: string;
  /** The row of the ledger that put it there. */
  readonly entry: LedgerEntry;
  /** What is on trial beside it now; null where nothing is, and of the past. */
  readonly trial: Trial | null;
  /** What feedback says of the version there; null where nobody has said anything. */
  readonly live: LiveAccuracy | null;
  /** When the next row took its place; null while it serves. */
  readonly until: string | null;
  readonly account: VersionAccount;
  /** What the version was made from, or is, and what was erased since. */
  readonly erased: readonly Erasure[];
}

/** Whether a version is what was erased, or was made from it. */
const restsOn = ({ version, datasetVersion }: VersionAccount, { digest, referrers }: Erasure): boolean => {
  const data = `the manifest of ${datasetVersion.dataset} ${datasetVersion.number}`;
  return (
    version.artifacts.some((one) => one.digest === digest) || digest === datasetVersion.id || referrers.includes(data)
  );
};

/**
 * The stories of a model's environments, by name.
 * @param at the moment that is asked about; default: now
 * @throws AppError `not_found` where there is no such model, or nothing was served then
 */
export const explainServing = async (
  sources: { registry: Registry; blobs: BlobStore },
  { model, environment, at }: { model: string; environment?: string | undefined; at?: Date | undefined },
): Promise<ServingStory[]> => {
  const rows = await sources.registry.listLedger(model, environment === undefined ? {} : { environment });
  const erasures = await sources.registry.listErasures();
  const trials = await sources.registry.listTrials(model, { limit: 20 });
  const stories: ServingStory[] = [];
  for (const place of [...new Set(rows.map((row) => row.environment))].sort()) {
    const history = rows
      .filter((row) => row.environment === place && !keepsChampion(row))
      .sort((a, b) => a.generation - b.generation);
    const found = history.findLastIndex((row) => at === undefined || Date.parse(row.at) <= at.getTime());
    const entry = history[found];
    if (entry === undefined) continue;
    const live = await sources.registry.listLiveAccuracy(model, { environment: place });
    // Under the name that the model has now; the row may say an older one.
    const known = await readAccount(sources, { model, version: entry.version, variant: variantOf(entry) });
    const decided = known.decisions.filter((one) => at === undefined || Date.parse(one.at) <= at.getTime());
    const account = { ...known, decisions: decided };
    const until = history[found + 1]?.at ?? null;
    stories.push({
      ...{ environment: place, entry, until, account },
      trial: (until === null && trials.find((one) => one.environment === place && one.state === 'running')) || null,
      live: live.find(({ version }) => version === entry.version) ?? null,
      erased: erasures.filter((erasure) => restsOn(account, erasure)),
    });
  }
  if (stories.length > 0) return stories;
  const where = environment === undefined ? '' : ` in ${environment}`;
  const first = rows.at(-1)?.at;
  throw new AppError(
    'not_found',
    at === undefined || first === undefined
      ? `${model} serves nowhere${where}: nothing was ever promoted`
      : `${model} served nothing${where} at ${formatTime(at.toISOString())}; its first promotion was ${formatTime(first)}`,
  );
};

const sourceList = (sources: Readonly<Record<string, number>>): string =>
  Object.entries(sources)
    .map(([source, images]) => `${source} ${images}`)
    .join(', ');

const DEEDS: Readonly<Record<LedgerEntry['action'], string>> = {
  promote: 'promoted',
  rollback: 'rolled back',
  restore: 'kept in a new epoch',
  trial: 'kept beside a trial',
  trial_end: 'kept after a trial',
};

/** Where it comes from: the network and the run that it was made of, or the file. */
const originRows = ({ lineage }: VersionAccount['version']): [string, string][] => {
  const { code, runtime } = lineage;
  const graft = `Graft ${code.graft}${code.commit === null ? '' : ` (${shortDigest(code.commit)})`}`;
  const rest = `ONNX Runtime ${runtime.onnxruntime}, Node ${runtime.node}, ${runtime.cpuClass}`;
  if (isAdopted(lineage)) {
    const { file, fileDigest, producer, opset, changes, preprocessing } = lineage.adopted;
    const by = producer === '' ? '' : `, written by ${producer}`;
    return [
      ['adopted', `${file} (${shortDigest(fileDigest)})${by}, opset ${opset}; preprocessing: ${preprocessing}`],
      ...changes.map((change): [string, string] => ['', change]),
      ['code', `adopted by ${graft}, ${rest}`],
    ];
  }
  const { embedder, pipeline, pipelineDigest, runId } = lineage;
  return [
    ['backbone', `${embedder.backbone}, frozen up to ${embedder.cut}; weights ${shortDigest(embedder.weightsDigest)}`],
    ['pipeline', `${pipeline} (${shortDigest(pipelineDigest)}), run ${runId}`],
    ['code', `${graft}, TensorFlow ${lineage.runtime.tensorflow}, ${rest}`],
  ];
};

const tellBeside = (trial: Trial): string =>
  `version ${trial.version} (${trial.variant}) as a ${trial.role}, ${stepOf(trial)}, by ${trial.by}: ${trial.reason}`;

/** One page, a line for each thing that one would ask. */
export const formatServingStory = (
  model: string,
  { environment, entry, until, account, erased, trial, live }: ServingStory,
): string => {
  const { version, variant, evaluation, datasetVersion, run, warnings, decisions } = account;
  const { champion, metrics, gate } = evaluation;
  const rows: [string, string][] = [
    [
      'since',
      `${formatTime(entry.at)}${until === null ? '' : ` until ${formatTime(until)}`} (generation ${entry.generation})`,
    ],
    ...(trial === null ? [] : ([['beside it', tellBeside(trial)]] as [string, string][])),
    ['by', `${DEEDS[entry.action]} by ${entry.by}: ${tellReason(entry)}`],
    ...decisions.map(({ by, decision, at, reason, overrideGate }): [string, string] => [
      REVIEW_ACTS_TOLD[decision],
      `by ${by}, ${formatTime(at)}${overrideGate ? ', overriding the gate' : ''}: ${reason}`,
    ]),
    [
      'evidence',
      `accuracy ${formatInterval(metrics.accuracy)} on ${count(metrics.images, 'test image')}; gate ${gate.verdict}; report ${shortDigest(entry.reportDigest)}`,
    ],
    ...(live === null ? [] : ([['live', tellLive(live)]] as [string, string][])),
    [
      'against',
      champion === null
        ? 'no champion'
        : `version ${champion.version}: ${formatInterval(champion.paired.difference)} on the same ${count(champion.paired.images, 'image')}`,
    ],
    ['artifact', `${shortDigest(entry.artifactDigest)}, ${(evaluation.sizeBytes / 1e6).toFixed(1)} MB, ${variant}`],
    [
      'data',
      `${datasetVersion.dataset} ${datasetVersion.number} (${shortDigest(datasetVersion.id)}): ${count(datasetVersion.images, 'image')}; from ${sourceList(datasetVersion.bySource)}`,
    ],
    ...originRows(version),
    ...(run === null || run.asked === null
      ? []
      : ([['asked', `by ${run.asked.by}: ${run.asked.reason}`]] as [string, string][])),
    ...erased.map((erasure): [string, string] => [
      'erased',
      `${erasure.referrers[0] ?? `object ${shortDigest(erasure.digest)}`}, ${describeErasure(erasure)}`,
    ]),
    ...warnings.map((warning): [string, string] => ['warning', warning]),
  ];
  const verb = until === null ? 'serves' : 'served';
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${environment} ${verb} version ${version.version} (${variant}) of ${model}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
  ].join('\n');
};

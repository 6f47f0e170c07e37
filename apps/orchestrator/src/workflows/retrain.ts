/**
 * One retraining (id `retrain/<pipeline>/<datasetVersion>/<trainDigest>/<attempt>`): plan, features, drift, training,
 * export, the other forms that the pipeline asks for, evaluation of each, registration. It ends with a version up for review;
 * review and promotion are workflows of their own. A pipeline that trains on drift ends skipped where it finds none.
 */
import {
  baseVariant,
  openedRunSchema,
  retrainInputSchema,
  variantsOf,
  type Digest,
  type OpenedRun,
  type RegisterVersionInput,
  type RetrainInput,
  type RetrainResult,
} from '@graft/contracts';
import { closeRun } from './close-run.js';
import { embedMissing } from './embed-missing.js';
import { parseInput } from './failures.js';
import { control, embed, train } from './proxies.js';
import { evaluateForms, filesOf, makeForms, trainAndExport } from './retrain-forms.js';

/** How far the new data lies from what the champion learned from; null where there is nothing to compare. */
const measureDrift = async (
  opened: OpenedRun,
  embedder: Digest,
  datasetVersion: Digest,
): Promise<{ drift: Digest; detected: boolean } | null> => {
  const reference = opened.champion?.datasetVersion ?? datasetVersion;
  if (reference === datasetVersion) return null;
  return train.measureDrift({ runId: opened.runId, embedder, datasetVersion, reference });
};

/** A pipeline that trains on drift, with a champion, and without drift; unless a person asked for this very run. */
const hasNoCause = ({ pipeline, champion, asked }: OpenedRun, measured: { detected: boolean } | null): boolean =>
  pipeline.trigger.on === 'drift' && champion !== null && !asked && measured?.detected !== true;

const makeVersion = async (opened: OpenedRun, datasetVersion: Digest): Promise<RetrainResult> => {
  const { runId, model, pipeline, champion } = opened;
  const { plan } = await embed.planTraining({
    ...{ runId, datasetVersion, train: pipeline.train },
    variants: [...variantsOf(pipeline)],
  });
  const { embedder } = await embed.prepareEmbedder({ runId, plan, datasetVersion });
  await embedMissing(runId, embedder, datasetVersion);
  const measured = await measureDrift(opened, embedder, datasetVersion);
  const drift = measured?.drift ?? null;
  if (hasNoCause(opened, measured)) {
    await control.skipRun({ runId, drift });
    return { runId, model, version: null };
  }
  const main = await trainAndExport(opened, { plan, embedder, datasetVersion }, baseVariant(pipeline));
  const { forms, files: ofForms } = await makeForms(opened, main, datasetVersion);
  const evaluated = await evaluateForms(opened, { forms, whole: main.exported, datasetVersion });
  const json = 'application/json';
  const files: RegisterVersionInput['files'] = [
    ...filesOf(main),
    { kind: 'embedder', variant: '', digest: embedder, mediaType: json },
    ...(drift === null ? [] : [{ kind: 'drift' as const, variant: '', digest: drift, mediaType: json }]),
    ...ofForms,
  ];
  const { version } = await control.registerVersion({
    runId,
    model,
    pipeline,
    datasetVersion,
    embedder,
    signature: main.exported.signature,
    reports: evaluated.map(({ report }) => report),
    runtime: main.exported.runtime,
    championGeneration: champion?.generation ?? 0,
    artifacts: [
      ...forms.flatMap(({ model: file, golden }) => [file, golden]),
      ...evaluated.flatMap(({ artifacts }) => artifacts),
    ],
    files,
  });
  return { runId, model, version };
};

export async function retrain(input: RetrainInput): Promise<RetrainResult> {
  const identity = parseInput(retrainInputSchema, input);
  const run = await control.openRun(identity);
  try {
    // What an earlier release opened lacks the fields that came since: parsing fills them in.
    const opened = parseInput(openedRunSchema, run);
    return await makeVersion(opened, identity.datasetVersion);
  } catch (error) {
    await closeRun(run.runId, error);
    throw error;
  }
}

/**
 * Fine-tunes one finalist of a selection (id `select/<selectionId>/<attempt>/<candidate>`): plan, features, training, export, and
 * the form that the candidate names. It makes no version: what is recommended is trained as a pipeline's.
 */
import {
  baseVariant,
  finalistInputSchema,
  openedRunSchema,
  type FinalistInput,
  type TrainedFinalist,
} from '@graft/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { closeRun } from './close-run.js';
import { embedMissing } from './embed-missing.js';
import { parseInput } from './failures.js';
import { control, embed } from './proxies.js';
import { makeForms, trainAndExport } from './retrain-forms.js';

export async function finalist(input: FinalistInput): Promise<TrainedFinalist> {
  const { selectionId, datasetVersion, candidate } = parseInput(finalistInputSchema, input);
  const run = await control.openSelectionRun({ selectionId, candidate, purpose: 'finalist' });
  try {
    const opened = parseInput(openedRunSchema, run);
    const { runId, pipeline } = opened;
    const { plan } = await embed.planTraining({ runId, datasetVersion, train: pipeline.train });
    const { embedder } = await embed.prepareEmbedder({ runId, plan, datasetVersion });
    await embedMissing(runId, embedder, datasetVersion);
    const main = await trainAndExport(opened, { plan, embedder, datasetVersion }, baseVariant(pipeline));
    const { forms } = await makeForms(opened, main, datasetVersion);
    const [form] = forms;
    if (form === undefined) throw ApplicationFailure.nonRetryable(`${candidate} names no form`, 'internal');
    await control.finishRun({ runId });
    return { candidate, runId, plan, model: form.model, signature: form.signature };
  } catch (error) {
    await closeRun(run.runId, error);
    throw error;
  }
}

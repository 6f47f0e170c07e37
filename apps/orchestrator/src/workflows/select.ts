/**
 * Answers which backbone is worth deploying (id `select/<selectionId>`): probes the candidates on frozen features, measures them
 * beside each other, fine-tunes the finalists in workflows of their own, and concludes with the selection.v1 document.
 * Started again at any point, it finds what was computed before: features in the cache, runs by their identity.
 */
import {
  finalistWorkflowId,
  openedRunSchema,
  probeTargetOf,
  selectInputSchema,
  selectionStateSchema,
  type CandidateName,
  type ConcludeSelectionInput,
  type Digest,
  type ProbedTarget,
  type SelectInput,
  type SelectionState,
  type SelectResult,
  type TrainedFinalist,
} from '@graft/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, executeChild, isCancellation, log } from '@temporalio/workflow';
import { closeRun } from './close-run.js';
import { embedMissing } from './embed-missing.js';
import { failureCause, parseInput } from './failures.js';
import { finalist } from './finalist.js';
import { mapBounded } from './map-bounded.js';
import { candidateEmbedder, control, embed, evaluate } from './proxies.js';

/** Candidates whose features are computed at the same time: enough to keep a few trainers busy. */
const PROBE_LIMIT = 3;

interface Selecting extends SelectionState {
  readonly selectionId: string;
}

const probe = async ({ selectionId, request }: Selecting, target: CandidateName): Promise<ProbedTarget> => {
  const { datasetVersion, folds, seed } = request;
  const run = await control.openSelectionRun({ selectionId, candidate: target, purpose: 'probe' });
  const { runId } = run;
  try {
    const { pipeline } = parseInput(openedRunSchema, run);
    const { plan } = await embed.planTraining({ runId, datasetVersion, train: pipeline.train });
    const { embedder } = await candidateEmbedder.prepareEmbedder({ runId, plan, datasetVersion });
    await embedMissing(runId, embedder, datasetVersion);
    const probed = await embed.probeBackbone({ runId, plan, embedder, datasetVersion, folds, seed });
    await control.finishRun({ runId });
    return { target, plan, embedder, probe: probed.probe };
  } catch (error) {
    await closeRun(runId, error);
    if (isCancellation(error)) throw error;
    const { code, message } = failureCause(error);
    throw ApplicationFailure.nonRetryable(`${target}: ${message}`, code);
  }
};

/** Each target once, however many candidates it stands for. */
const probeAll = (selecting: Selecting): Promise<ProbedTarget[]> =>
  mapBounded({
    items: [...new Set(selecting.request.candidates.map((candidate) => probeTargetOf(candidate).target))],
    limit: PROBE_LIMIT,
    run: (target) => probe(selecting, target),
  });

const measure = async ({ request }: Selecting, probed: readonly ProbedTarget[]): Promise<Digest> => {
  const { datasetVersion, candidates } = request;
  const { measures } = await evaluate.measureBackbones({
    datasetVersion,
    candidates: candidates.map((candidate) => {
      const { target } = probeTargetOf(candidate);
      const source = probed.find((one) => one.target === target);
      if (source === undefined) throw ApplicationFailure.nonRetryable(`${target} was not probed`, 'internal');
      return { candidate, plan: source.plan, embedder: source.embedder };
    }),
  });
  return measures;
};

type Failure = ConcludeSelectionInput['failures'][number];

/** One that can't be trained is no reason to give up the others. */
const fineTune = async (
  { selectionId, attempt, request }: Selecting,
  candidate: CandidateName,
): Promise<TrainedFinalist | Failure> => {
  try {
    return await executeChild(finalist, {
      workflowId: finalistWorkflowId(selectionId, attempt, candidate),
      args: [{ selectionId, datasetVersion: request.datasetVersion, candidate }],
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = failureCause(error);
    log.warn('finalist not fine-tuned', { candidate, ...failureCause(error) });
    return { candidate, message };
  }
};

const answer = async (selecting: Selecting): Promise<SelectResult> => {
  const { selectionId, request } = selecting;
  await control.advanceSelection({ selectionId, stage: 'probe' });
  const probed = await probeAll(selecting);
  await control.advanceSelection({ selectionId, stage: 'measure' });
  const judged = { selectionId, probed, measures: await measure(selecting, probed) };
  const { finalists: chosen } = request.finalists === 0 ? { finalists: [] } : await control.chooseFinalists(judged);
  if (chosen.length > 0) await control.advanceSelection({ selectionId, stage: 'fine-tune' });
  const outcomes = await Promise.all(chosen.map((candidate) => fineTune(selecting, candidate)));
  const trained = outcomes.flatMap((outcome) => ('runId' in outcome ? [outcome] : []));
  const failures = outcomes.flatMap((outcome) => ('runId' in outcome ? [] : [outcome]));
  await control.advanceSelection({ selectionId, stage: 'judge' });
  const { datasetVersion } = request;
  const finalists =
    trained.length === 0 ? null : (await evaluate.judgeFinalists({ datasetVersion, finalists: trained })).finalists;
  return control.concludeSelection({ ...judged, finalists, failures });
};

export async function select(input: SelectInput): Promise<SelectResult> {
  const { selectionId } = parseInput(selectInputSchema, input);
  const state = parseInput(selectionStateSchema, await control.readSelection({ selectionId }));
  if (state.state === 'succeeded' && state.result !== null) return { result: state.result };
  if (state.state === 'failed')
    throw ApplicationFailure.nonRetryable(`selection ${selectionId} has failed: ask for it again`, 'conflict');
  try {
    return await answer({ selectionId, ...state });
  } catch (error) {
    const cause = failureCause(error);
    try {
      await CancellationScope.nonCancellable(() => control.failSelection({ selectionId, error: cause }));
    } catch (failure) {
      log.error('selection not marked failed', { selectionId, cause, ...failureCause(failure) });
    }
    throw error;
  }
}

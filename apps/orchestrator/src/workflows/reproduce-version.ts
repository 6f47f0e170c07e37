/**
 * Makes a version again from its lineage (id `reproduce/<reproductionId>`), and compares what comes of it with what is recorded.
 * Training, export and the other forms are really done again, by the activities of a retraining; embedder, plan and activations
 * are the recorded ones, unless all of it is asked for afresh. No version, run or candidate comes of it.
 */
import {
  baseVariant,
  reproduceInputSchema,
  reproductionRunId,
  reproductionSourceSchema,
  type Digest,
  type OpenedRun,
  type ReproduceInput,
  type ReproduceResult,
  type ReproductionSource,
} from '@graft/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, log } from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { checks, control, embed, evaluate } from './proxies.js';
import { filesOf, makeForms, trainAndExport } from './retrain-forms.js';

/** Fresh where it was asked for, else as recorded. */
const prepare = async (
  runId: string,
  { fresh, plan, embedder, datasetVersion, activations, learnsFromActivations }: ReproductionSource,
): Promise<{ embedder: Digest; rebuilt: boolean; activations: Digest | null }> => {
  if (!fresh) return { embedder, rebuilt: false, activations };
  const built = await embed.prepareEmbedder({ runId, plan, datasetVersion });
  if (!learnsFromActivations || activations === null) return { ...built, rebuilt: true, activations: null };
  const computed = await embed.recomputeActivations({ runId, embedder: built.embedder, activations });
  return { ...built, rebuilt: true, ...computed };
};

const makeAgain = async (reproductionId: string, source: ReproductionSource): Promise<ReproduceResult> => {
  const runId = reproductionRunId(reproductionId);
  const { plan, datasetVersion, pipeline, reports } = source;
  const { embedder, rebuilt, activations } = await prepare(runId, source);
  // Under the name that the pipeline gave it: that is written into the file, however the model is called by now.
  const opened: OpenedRun = { runId, model: pipeline.model ?? pipeline.name, pipeline, champion: null, asked: true };
  const main = await trainAndExport(opened, { plan, embedder, datasetVersion }, baseVariant(pipeline), activations);
  const { forms, files } = await makeForms(opened, main, datasetVersion);
  const compared = [];
  // One after the other: each takes the whole machine.
  for (const { model, signature } of forms) {
    const report = reports[model.variant];
    if (report === undefined) throw ApplicationFailure.nonRetryable(`no report of ${model.variant}`, 'not_found');
    compared.push(await evaluate.compareForm({ runId, model, signature, report }));
  }
  return control.concludeReproduction({
    ...{ reproductionId, source, compared },
    made: {
      ...{ embedder: rebuilt ? embedder : null, activations: main.activations },
      ...{ files: [...filesOf(main), ...files], models: forms.map(({ model }) => model) },
      runtime: main.exported.runtime,
    },
  });
};

export async function reproduceVersion(input: ReproduceInput): Promise<ReproduceResult> {
  const { reproductionId } = parseInput(reproduceInputSchema, input);
  try {
    const source = parseInput(reproductionSourceSchema, await checks.openReproduction({ reproductionId }));
    await checks.checkReproducible({ reproductionId });
    return await makeAgain(reproductionId, source);
  } catch (error) {
    const cause = failureCause(error);
    await CancellationScope.nonCancellable(() => control.failReproduction({ reproductionId, error: cause })).catch(
      (failure: unknown) => log.error('reproduction not marked failed', { reproductionId, ...failureCause(failure) }),
    );
    throw error;
  }
}

/**
 * The forms of a version: what its training ends in, and what is made from that. `int8` is quantized from the same form in
 * float32; `pruned60` is narrowed from what was trained, and trained again.
 */
import {
  baseVariant,
  parseVariant,
  unquantized,
  variantsOf,
  type Digest,
  type EvaluatedModel,
  type ExportedForm,
  type ExportedModel,
  type OpenedRun,
  type VariantName,
} from '@graft/contracts';
import { evaluate, train } from './proxies.js';

/** What a training ended with, and the form that it exports as. */
export interface TrainedForm {
  readonly plan: Digest;
  readonly embedder: Digest;
  readonly trained: Digest;
  readonly history: Digest;
  readonly exported: ExportedModel;
}

/** One form of the version, and the form that it was made from; null: from none. */
export interface Form {
  readonly exported: ExportedForm;
  readonly original: ExportedForm | null;
}

/** Trains by a plan, and exports what came of it. */
export const trainAndExport = async (
  { runId, model }: OpenedRun,
  source: { readonly plan: Digest; readonly embedder: Digest; readonly datasetVersion: Digest },
  variant: VariantName,
): Promise<TrainedForm> => {
  const { plan, embedder } = source;
  const { trained, history } = await train.trainModel({ runId, ...source });
  const exported = await train.exportModel({ runId, model, ...source, trained, history, variant });
  return { plan, embedder, trained, history, exported };
};

/**
 * The forms that the pipeline asks for, in its order. Each is made once, though several are made from it; what is made only
 * for another to be made from it is not among them.
 */
export const makeForms = async (opened: OpenedRun, main: TrainedForm, datasetVersion: Digest): Promise<Form[]> => {
  const { runId, pipeline } = opened;
  const made = new Map<VariantName, Form>([[baseVariant(pipeline), { exported: main.exported, original: null }]]);

  const quantize = async (variant: VariantName): Promise<Form> => {
    const { exported: original } = await formOf(unquantized(variant));
    const { model, signature } = original;
    return { exported: await train.quantizeModel({ runId, model, signature, datasetVersion, variant }), original };
  };
  const prune = async (variant: VariantName, macsShare: number): Promise<Form> => {
    const { exported: original, ...source } = main;
    const { plan } = await train.planPruning({ runId, ...source, datasetVersion, macsShare });
    const { embedder } = main;
    const { exported } = await trainAndExport(opened, { plan, embedder, datasetVersion }, variant);
    return { exported, original };
  };
  const formOf = async (variant: VariantName): Promise<Form> => {
    const there = made.get(variant);
    if (there !== undefined) return there;
    const { precision, macsShare } = parseVariant(variant);
    // What is neither quantized nor pruned is what training ended in, and has been there from the start.
    const form = precision === 'int8' ? await quantize(variant) : await prune(variant, macsShare ?? 1);
    made.set(variant, form);
    return form;
  };

  const forms: Form[] = [];
  // One after the other: each takes the whole machine.
  for (const variant of variantsOf(pipeline)) forms.push(await formOf(variant));
  return forms;
};

/** Each form judged by itself, on the same images. */
export const evaluateForms = async (
  { runId, model: modelName, pipeline: { gate }, champion }: OpenedRun,
  forms: readonly Form[],
  datasetVersion: Digest,
): Promise<EvaluatedModel[]> => {
  const evaluated: EvaluatedModel[] = [];
  // One after the other here too: they measure latencies.
  for (const { exported, original } of forms) {
    const { model, signature } = exported;
    evaluated.push(
      await evaluate.evaluateModel({
        runId,
        modelName,
        model,
        original: original?.model ?? null,
        signature,
        datasetVersion,
        gate,
        champion,
      }),
    );
  }
  return evaluated;
};

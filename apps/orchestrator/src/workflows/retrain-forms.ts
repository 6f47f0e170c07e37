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
  type RegisterVersionInput,
  type VariantName,
} from '@graft/contracts';
import { evaluate, train } from './proxies.js';

/** What a training ended with, and the form that it exports as. */
export interface TrainedForm {
  readonly plan: Digest;
  readonly embedder: Digest;
  readonly trained: Digest;
  readonly history: Digest;
  /** Of the activations.v1 document of what it learned from; null: from images, or from before it was recorded. */
  readonly activations: Digest | null;
  readonly exported: ExportedModel;
}

type File = RegisterVersionInput['files'][number];

/** The documents of a training, for the version's list. @param variant of which form; empty: of the version. */
export const filesOf = (
  { plan, trained, history, activations }: Omit<TrainedForm, 'exported' | 'embedder'>,
  variant = '',
): File[] => [
  { kind: 'plan', variant, digest: plan, mediaType: 'application/json' },
  { kind: 'trained', variant, digest: trained, mediaType: 'application/vnd.safetensors' },
  { kind: 'history', variant, digest: history, mediaType: 'application/json' },
  ...(activations === null
    ? []
    : [{ kind: 'activations' as const, variant, digest: activations, mediaType: 'application/json' }]),
];

/** Trains by a plan, and exports what came of it. @param pinned the activations that alone may be read; absent: all that there are. */
export const trainAndExport = async (
  { runId, model }: OpenedRun,
  source: { readonly plan: Digest; readonly embedder: Digest; readonly datasetVersion: Digest },
  variant: VariantName,
  pinned?: Digest | null,
): Promise<TrainedForm> => {
  const { plan, embedder } = source;
  const {
    trained,
    history,
    activations = null,
  } = await train.trainModel({
    ...{ runId, ...source },
    ...(pinned === undefined || pinned === null ? {} : { activations: pinned }),
  });
  const exported = await train.exportModel({ runId, model, ...source, trained, history, variant });
  return { plan, embedder, trained, history, activations, exported };
};

/**
 * The forms that the pipeline asks for, in its order. Each is made once, though several are made from it; what is made only
 * for another to be made from it is not among them, but what it was trained with is among the files.
 */
export const makeForms = async (
  opened: OpenedRun,
  main: TrainedForm,
  datasetVersion: Digest,
): Promise<{ forms: ExportedForm[]; files: File[] }> => {
  const { runId, pipeline } = opened;
  const files: File[] = [];
  const made = new Map<VariantName, ExportedForm>([[baseVariant(pipeline), main.exported]]);

  const quantize = async (variant: VariantName): Promise<ExportedForm> => {
    const { model, signature } = await formOf(unquantized(variant));
    return train.quantizeModel({ runId, model, signature, datasetVersion, variant });
  };
  const prune = async (variant: VariantName, macsShare: number): Promise<ExportedForm> => {
    const { embedder, trained, history } = main;
    const source = { plan: main.plan, embedder, trained, history, datasetVersion };
    const { plan } = await train.planPruning({ runId, ...source, macsShare });
    const recovered = await trainAndExport(opened, { plan, embedder, datasetVersion }, variant);
    files.push(...filesOf(recovered, variant));
    return recovered.exported;
  };
  const formOf = async (variant: VariantName): Promise<ExportedForm> => {
    const there = made.get(variant);
    if (there !== undefined) return there;
    const { precision, macsShare } = parseVariant(variant);
    // What is neither quantized nor pruned is what training ended in, and has been there from the start.
    const form = precision === 'int8' ? await quantize(variant) : await prune(variant, macsShare ?? 1);
    made.set(variant, form);
    return form;
  };

  const forms: ExportedForm[] = [];
  // One after the other: each takes the whole machine.
  for (const variant of variantsOf(pipeline)) forms.push(await formOf(variant));
  return { forms, files };
};

/**
 * Each form judged by itself, on the same images, and beside what training ended in: a form that is quantized from a pruned one
 * answers for both losses.
 * @param whole what training ended in.
 */
export const evaluateForms = async (
  { runId, model: modelName, pipeline: { gate }, champion }: OpenedRun,
  { forms, whole, datasetVersion }: { forms: readonly ExportedForm[]; whole: ExportedForm; datasetVersion: Digest },
): Promise<EvaluatedModel[]> => {
  const evaluated: EvaluatedModel[] = [];
  // One after the other here too: they measure latencies.
  for (const { model, signature } of forms) {
    const original = model.digest === whole.model.digest ? null : whole.model;
    evaluated.push(
      await evaluate.evaluateModel({ runId, modelName, model, original, signature, datasetVersion, gate, champion }),
    );
  }
  return evaluated;
};

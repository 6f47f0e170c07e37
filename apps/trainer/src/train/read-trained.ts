/** What a training ended with: its weights, and what it says of them. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  historySchema,
  labelSchema,
  trainingPlanSchema,
  type BlobStore,
  type Digest,
  type History,
  type TrainingPlan,
} from '@graft/contracts';
import { readSafetensors, readTrainedWeights, trainedNetwork, TRAINED_SCHEMA, type Tail } from '@graft/models';
import { z } from 'zod';

const metadataSchema = z.object({
  schemaVersion: z.literal(TRAINED_SCHEMA),
  labels: z.string().transform((text, context): string[] => {
    try {
      return z.array(labelSchema).min(1).parse(JSON.parse(text));
    } catch {
      context.addIssue({ code: 'custom', message: 'expected a JSON list of labels' });
      return z.NEVER;
    }
  }),
  plan: z.string(),
  embedder: z.string(),
  datasetVersion: z.string(),
  tensorflow: z.string(),
});

/** What weights, history and export must all be of. */
export interface TrainedIdentity {
  readonly plan: Digest;
  readonly embedder: Digest;
  readonly datasetVersion: Digest;
}

export interface Trained {
  readonly plan: TrainingPlan;
  readonly history: History;
  /** Index = class. */
  readonly labels: readonly string[];
  /** The network after the plan's cut, or the whole of it, with its weights. */
  readonly network: Tail;
  /** The TensorFlow that trained it. */
  readonly tensorflow: string;
}

const requireSame = (what: string, found: string, expected: string): void => {
  if (found === expected) return;
  throw new AppError('invalid_request', `expected trained weights of the ${what} ${expected}, got those of ${found}`, {
    details: { what, found, expected },
  });
};

/**
 * Reads trained weights with the plan they followed and the history they came with.
 * @throws AppError `corrupt` when the object is no such file, `invalid_request` when it is of another plan, embedder or
 * dataset version, `checkpoint_unfit` when its parameters aren't the plan's network's.
 */
export const readTrained = async (
  blobs: BlobStore,
  { trained, history: historyDigest, ...identity }: TrainedIdentity & { trained: Digest; history: Digest },
): Promise<Trained> => {
  const plan = await readDocument(blobs, trainingPlanSchema, identity.plan);
  const history = await readDocument(blobs, historySchema, historyDigest);
  requireSame("history's", history.trained, trained);
  const { tensors, metadata } = readSafetensors(await blobs.get(trained));
  const told = metadataSchema.safeParse(Object.fromEntries(metadata));
  if (!told.success)
    throw new AppError('corrupt', `object ${trained} is no file of trained weights: ${z.prettifyError(told.error)}`);
  const { labels, tensorflow, ...of } = told.data;
  for (const what of ['plan', 'embedder', 'datasetVersion'] as const) requireSame(what, of[what], identity[what]);
  const { graph } = trainedNetwork(plan, labels.length);
  const weights = readTrainedWeights({ network: plan.backbone, graph, tensors });
  return { plan, history, labels, network: { graph, weights }, tensorflow };
};

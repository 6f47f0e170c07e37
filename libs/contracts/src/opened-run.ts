/** A run that is open: what its activities are told of it. */
import { z } from 'zod';
import { digestSchema, nameSchema } from './digest.js';
import { pipelineSchema } from './pipeline.js';

/** The champion that a candidate is compared with. */
export const championRefSchema = z.object({
  version: z.int().min(1),
  generation: z.int().min(1),
  artifactDigest: digestSchema,
  datasetVersion: digestSchema,
});
export type ChampionRef = z.infer<typeof championRefSchema>;

export const openedRunSchema = z.object({
  runId: z.string(),
  model: nameSchema,
  pipeline: pipelineSchema,
  champion: championRefSchema.nullable(),
  /** Whether a person or a program asked for it: it trains, whatever its pipeline's trigger waits for. */
  asked: z.boolean().default(false),
});
export type OpenedRun = z.output<typeof openedRunSchema>;

/** The trainer's environment. */
import {
  healthEnvironment,
  hostEnvironment,
  objectStoreEnvironment,
  registryEnvironment,
  temporalEnvironment,
} from '@graft/platform';
import { z } from 'zod';

const QUEUES = ['embed', 'train', 'evaluate'] as const;

export const trainerEnvironmentSchema = z.object({
  ...objectStoreEnvironment,
  ...registryEnvironment,
  ...temporalEnvironment,
  ...hostEnvironment,
  ...healthEnvironment,
  GRAFT_TRAINER_QUEUES: z
    .string()
    .default(QUEUES.join(','))
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(QUEUES)).min(1))
    .describe('Which queues this worker polls, separated by commas.'),
  GRAFT_EMBED_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Chunks that are embedded at the same time. Decoding and computing overlap within one already.'),
  GRAFT_DISK_CACHE: z
    .enum(['0', '1'])
    .default('1')
    .transform((value) => value === '1')
    .describe('0 keeps no copies of activation shards on the local disk.'),
  GRAFT_TRAIN_HEAP_MIB: z.coerce
    .number()
    .int()
    .min(128)
    .default(2048)
    .describe('JavaScript heap of the training process, MiB. Features are outside of it, in array buffers.'),
  GRAFT_TRAIN_MEMORY_MIB: z.coerce
    .number()
    .int()
    .min(256)
    .optional()
    .describe(
      "All memory of the training process, MiB; one that takes more is stopped. Default: ¾ of the machine's, or of its control group's.",
    ),
  GRAFT_CHECKPOINT_SECONDS: z.coerce
    .number()
    .min(0)
    .default(30)
    .describe('Seconds between two checkpoints of a training: what is lost at most when it is killed.'),
});
export type TrainerEnvironment = z.output<typeof trainerEnvironmentSchema>;

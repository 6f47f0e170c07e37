/** The trainer's environment. */
import { objectStoreEnvironment, registryEnvironment, temporalEnvironment } from '@graft/platform';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const QUEUES = ['embed', 'train', 'evaluate'] as const;

export const trainerEnvironmentSchema = z.object({
  ...objectStoreEnvironment,
  ...registryEnvironment,
  ...temporalEnvironment,
  GRAFT_HOST: z.string().min(1).default('127.0.0.1'),
  /** Health and metrics; without it there is no health server. */
  GRAFT_HEALTH_PORT: port.optional(),
  /** Which queues this worker polls, separated by commas; default: all of them. */
  GRAFT_TRAINER_QUEUES: z
    .string()
    .default(QUEUES.join(','))
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(QUEUES)).min(1)),
  /** Chunks that are embedded at the same time. Decoding and computing overlap within one already. */
  GRAFT_EMBED_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(1),
  /** `0` keeps no copies of activation shards on the local disk. */
  GRAFT_DISK_CACHE: z
    .enum(['0', '1'])
    .default('1')
    .transform((value) => value === '1'),
  /** JavaScript heap of the training process, MiB. Features are outside of it, in array buffers. */
  GRAFT_TRAIN_HEAP_MIB: z.coerce.number().int().min(128).default(2048),
  /** All memory of the training process, MiB; one that takes more is stopped. Default: ¾ of the machine's, or of its control group's. */
  GRAFT_TRAIN_MEMORY_MIB: z.coerce.number().int().min(256).optional(),
  /** Seconds between two checkpoints of a training: what is lost at most when it is killed. */
  GRAFT_CHECKPOINT_SECONDS: z.coerce.number().min(0).default(30),
});
export type TrainerEnvironment = z.output<typeof trainerEnvironmentSchema>;

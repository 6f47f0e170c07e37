/** Replicas of serving behind one port: what their front tells of the processes that it keeps. */
import { z } from 'zod';
import { timestampSchema } from './digest.js';

/** More would only share the same cores. */
export const MOST_REPLICAS = 16;

/**
 * `starting`: does not answer yet. `unready`: answers, and lacks a model that it should serve. `unreachable`: its process lives and
 * does not answer. `ended`: is started again soon.
 */
export const REPLICA_PROCESS_STATES = ['starting', 'ready', 'unready', 'unreachable', 'ended'] as const;

export const replicaProcessSchema = z
  .object({
    /** The id of its lease. */
    id: z.string().min(1),
    pid: z.int().positive().nullable(),
    /** Its own address: health and metrics of this replica alone. */
    url: z.url().nullable(),
    state: z.enum(REPLICA_PROCESS_STATES),
    /** When it came into this state. */
    since: timestampSchema,
    /** How often its process ended without being asked to. */
    restarts: z.int().min(0),
    /** How it ended the last time; null where it never did. */
    lastEnd: z.string().nullable(),
  })
  .meta({ id: 'ReplicaProcess' });
export type ReplicaProcess = z.infer<typeof replicaProcessSchema>;

/** All that a front keeps, in the order of their numbers. */
export const servingFrontSchema = z.object({ replicas: z.array(replicaProcessSchema) }).meta({ id: 'ServingFront' });
export type ServingFront = z.infer<typeof servingFrontSchema>;

/** How many replicas there are to be from now on. */
export const replicaCountSchema = z
  .object({ replicas: z.int().min(1).max(MOST_REPLICAS) })
  .meta({ id: 'ReplicaCount' });
export type ReplicaCount = z.infer<typeof replicaCountSchema>;

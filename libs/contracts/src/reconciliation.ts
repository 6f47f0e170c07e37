/** What `graft reconcile` found missing of what the registry wants under way, and what it did about it. */
import { z } from 'zod';

export const reconciliationActSchema = z.object({
  what: z.enum(['promotion', 'run', 'selection', 'ingestion', 'watch', 'schedule']),
  /** Of the promotion, run, selection or ingestion; the name of the dataset, pipeline or schedule. */
  id: z.string(),
  /** For a person: "photos 3 in production". */
  name: z.string(),
  /** `start`: its workflow goes on from where it stood; `close`: it is said to have ended; `wake`: it looks; `make`: it is there again. */
  act: z.enum(['start', 'close', 'wake', 'make']),
  why: z.string(),
});
export type ReconciliationAct = z.infer<typeof reconciliationActSchema>;

export const reconciliationSchema = z
  .object({
    /** Nothing was done: the acts are those that would be. */
    dryRun: z.boolean(),
    /** How many of each were looked at. */
    looked: z.object({
      promotions: z.int().min(0),
      runs: z.int().min(0),
      selections: z.int().min(0),
      ingestions: z.int().min(0),
      watches: z.int().min(0),
      schedules: z.int().min(0),
    }),
    acts: z.array(reconciliationActSchema),
  })
  .meta({ id: 'Reconciliation' });
export type Reconciliation = z.infer<typeof reconciliationSchema>;

/**
 * Epochs fence the generations of the ledgers. A database that was restored from a backup counts on from where the backup was made, so
 * that its next generations would have the numbers of others that were lost; a new epoch tells them apart.
 */
import { z } from 'zod';
import { ledgerEntrySchema } from './deployment.js';
import { nameSchema, timestampSchema } from './digest.js';

/** A place in the order of what was decided for a model in an environment. */
export const positionSchema = z.object({ epoch: z.int().min(1), generation: z.int().min(1) });
export type Position = z.infer<typeof positionSchema>;

/** Whether `a` was decided after `b`; anything was after nothing. */
export const isNewer = (a: Position, b: Position | null): boolean =>
  b === null || a.epoch > b.epoch || (a.epoch === b.epoch && a.generation > b.generation);

/** What a live replica serves that the ledger knows nothing of. */
export const aheadSchema = z
  .object({
    replica: z.string(),
    model: nameSchema,
    environment: nameSchema,
    serves: positionSchema.extend({ version: z.int().min(1) }),
    /** Of its last row; null where it has none. */
    ledger: positionSchema.nullable(),
  })
  .meta({ id: 'Ahead' });
export type Ahead = z.infer<typeof aheadSchema>;

export const epochSchema = z
  .object({ epoch: z.int().min(1), raisedAt: timestampSchema, ahead: z.array(aheadSchema) })
  .meta({ id: 'Epoch' });
export type Epoch = z.infer<typeof epochSchema>;

export const epochRaiseSchema = z
  .object({
    /** The epoch that the caller saw: refused when it has risen, so that asking twice raises once. */
    expectedEpoch: z.int().min(1),
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'EpochRaise' });
export type EpochRaise = z.input<typeof epochRaiseSchema>;

/** The new epoch, and the row that put what each ledger ended in in place once more. */
export const raisedEpochSchema = z
  .object({ epoch: z.int().min(2), entries: z.array(ledgerEntrySchema) })
  .meta({ id: 'RaisedEpoch' });
export type RaisedEpoch = z.infer<typeof raisedEpochSchema>;

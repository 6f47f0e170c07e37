/** Freezes: while one holds, nothing is promoted where it says. Rolling back is always possible. */
import { z } from 'zod';
import { nameSchema, timestampSchema } from './digest.js';
import { modelNameSchema } from './model-version.js';

const reasonSchema = z.string().trim().min(1).max(2000);

/** Where: null means all. */
export const freezeScopeSchema = z.object({
  model: modelNameSchema.nullable().default(null),
  environment: nameSchema.nullable().default(null),
});
export type FreezeScope = z.infer<typeof freezeScopeSchema>;

export const freezeRequestSchema = freezeScopeSchema.extend({ reason: reasonSchema }).meta({ id: 'FreezeRequest' });
export type FreezeRequest = z.input<typeof freezeRequestSchema>;

export const freezeSchema = freezeScopeSchema
  .extend({
    reason: reasonSchema,
    by: z.string(),
    at: timestampSchema,
    /** Null while it holds. */
    ended: z.object({ by: z.string(), at: timestampSchema, reason: reasonSchema }).nullable(),
  })
  .meta({ id: 'Freeze' });
export type Freeze = z.infer<typeof freezeSchema>;

/** "every model in production", "flowers". */
export const describeFreezeScope = ({ model, environment }: FreezeScope): string =>
  `${model ?? 'every model'}${environment === null ? '' : ` in ${environment}`}`;

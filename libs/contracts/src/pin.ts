/**
 * Pins: while the registry is down, a person sets replicas by hand to a version that they had before. A pin lies over what the ledger says and
 * changes no row of it; it ends when the ledger's champion is another version than the one it was laid over.
 */
import { z } from 'zod';
import { digestSchema, nameSchema, timestampSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

const whoSchema = z.string().trim().min(1).max(200);
const reasonSchema = z.string().trim().min(1).max(2000);

/** What a replica is asked for. */
export const newPinSchema = z
  .strictObject({
    version: z.int().min(1),
    /** It ends by itself then; absent: it doesn't. */
    until: timestampSchema.optional(),
    by: whoSchema,
    reason: reasonSchema,
  })
  .meta({ id: 'NewPin' });
export type NewPin = z.infer<typeof newPinSchema>;

export const pinEndSchema = z.strictObject({ by: whoSchema, reason: reasonSchema }).meta({ id: 'PinEnd' });
export type PinEnd = z.infer<typeof pinEndSchema>;

export const pinSchema = z
  .object({
    model: nameSchema,
    version: z.int().min(1),
    variant: variantNameSchema,
    artifactDigest: digestSchema,
    goldenDigest: digestSchema,
    /** What the ledger said there, as far as the replica knew. */
    over: z.object({
      epoch: z.int().min(1),
      generation: z.int().min(1),
      version: z.int().min(1),
      artifactDigest: digestSchema,
    }),
    until: timestampSchema.optional(),
    /** As whoever held the replica's token said. */
    by: whoSchema,
    reason: reasonSchema,
    /** By the replica's clock. */
    at: timestampSchema,
  })
  .meta({ id: 'Pin' });
export type Pin = z.infer<typeof pinSchema>;

/** All that is pinned in a replica's environment on its machine: a file, and an answer. */
export const pinsSchema = z
  .object({ schemaVersion: z.literal('pins.v1'), pins: z.array(pinSchema) })
  .meta({ id: 'Pins' });
export type Pins = z.infer<typeof pinsSchema>;

/** Of the append-only record beside that file: what became of a pin. `superseded`: the ledger says something else by now. */
export const pinRecordSchema = z
  .object({
    schemaVersion: z.literal('pin-record.v1'),
    act: z.enum(['pinned', 'unpinned', 'expired', 'superseded']),
    replica: z.string().min(1),
    pin: pinSchema,
    by: z.string(),
    reason: z.string(),
    at: timestampSchema,
  })
  .meta({ id: 'PinRecord' });
export type PinRecord = z.infer<typeof pinRecordSchema>;

/** For people. */
export const describePin = ({ version, variant, over, by, reason, at, until }: Pin): string =>
  `pinned by hand to version ${version} (${variant}) by ${by} at ${at}${until === undefined ? '' : `, until ${until}`}: ${reason}; ` +
  `the ledger said version ${over.version} (generation ${over.generation})`;

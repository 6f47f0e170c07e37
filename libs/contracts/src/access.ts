/** Who calls the registry: roles, the tokens that have them, and the calls that were refused. */
import { z } from 'zod';
import { timestampSchema } from './digest.js';

/** People: viewer, trainer, reviewer, deployer, admin. Processes: service, serving. */
export const ROLES = ['viewer', 'trainer', 'reviewer', 'deployer', 'admin', 'service', 'serving'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** Who calls, as the registry knows them by their token. */
export const callerSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    /** What they may call, by operationId. */
    operations: z.array(z.string()),
  })
  .meta({ id: 'Caller' });
export type Caller = z.infer<typeof callerSchema>;

/** Where else people look, as the registry was told. */
export const linksSchema = z
  .object({
    /** The address below which Temporal's UI shows a workflow by its id; null: the registry was told of no UI. */
    workflows: z.url().nullable(),
  })
  .meta({ id: 'Links' });
export type Links = z.infer<typeof linksSchema>;

/** What the ledger, reviews and lists show of who acted by a token. */
const tokenNameSchema = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u,
    'a name has up to 100 letters, digits and " ._@+-", and begins with one of the former',
  );

export const newTokenSchema = z
  .object({
    name: tokenNameSchema,
    role: roleSchema,
    /** From then on it gives no right to anything; null: never. */
    expiresAt: timestampSchema.nullable().default(null),
  })
  .meta({ id: 'NewToken' });
export type NewToken = z.input<typeof newTokenSchema>;

export const accessTokenSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    /** `stack`: given to the registry by its environment (GRAFT_ADMIN_TOKEN and the like); `issued`: made by an admin. */
    kind: z.enum(['stack', 'issued']),
    /** Live: it gives the rights of its role. */
    state: z.enum(['live', 'expired', 'revoked']),
    createdAt: timestampSchema,
    createdBy: z.string().nullable(),
    /** The day, in UTC. */
    lastUsedOn: z.iso.date().nullable(),
    expiresAt: timestampSchema.nullable(),
    revoked: z.object({ by: z.string(), at: timestampSchema }).nullable(),
  })
  .meta({ id: 'AccessToken' });
export type AccessToken = z.infer<typeof accessTokenSchema>;

/** A token as it is made: the one time that it is told. */
export const issuedTokenSchema = accessTokenSchema.extend({ token: z.string().min(1) }).meta({ id: 'IssuedToken' });
export type IssuedToken = z.infer<typeof issuedTokenSchema>;

/** What a person signs in to the console with: it has their name, and no right that they lack. */
export const newSessionSchema = z
  .strictObject({
    /** Default: their own. */
    role: roleSchema.optional(),
    /** After which it ends by itself. */
    hours: z.number().positive().max(168).default(12),
  })
  .meta({ id: 'NewSession' });
export type NewSession = z.input<typeof newSessionSchema>;

/** As it is made: the one time that its token is told. */
export const issuedSessionSchema = z
  .object({ name: z.string(), role: roleSchema, expiresAt: timestampSchema, token: z.string().min(1) })
  .meta({ id: 'IssuedSession' });
export type IssuedSession = z.infer<typeof issuedSessionSchema>;

/** Calls that were refused alike within one minute: for want of a valid token (401), or of the right (403). */
export const refusalSchema = z
  .object({
    status: z.union([z.literal(401), z.literal(403)]),
    /** As the API's description has it (operationId). */
    operation: z.string(),
    /** The name of the token that was sent; null where it is none of the registry's. */
    token: z.string().nullable(),
    role: roleSchema.nullable(),
    /** The address that the calls came from; `others` for what came from more of them than are told apart. */
    address: z.string(),
    count: z.int().min(1),
    firstAt: timestampSchema,
    lastAt: timestampSchema,
  })
  .meta({ id: 'Refusal' });
export type Refusal = z.infer<typeof refusalSchema>;

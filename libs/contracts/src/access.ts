/** Who calls the registry: roles, the tokens that have them, and the calls that were refused. */
import { z } from 'zod';
import { timestampSchema } from './digest.js';

/** People: viewer, trainer, reviewer, deployer, admin. Processes: service, serving. */
export const ROLES = ['viewer', 'trainer', 'reviewer', 'deployer', 'admin', 'service', 'serving'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

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

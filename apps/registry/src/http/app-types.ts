/** What every group of routes is given, and the forms that answers have. */
import { problemSchema, type Problem } from '@graft/contracts';
import type { HttpApp } from '@graft/platform/http';
import { z } from 'zod';
import type { TokenRow } from '../repositories/tokens.js';
import type { Principal } from '../rules/roles.js';

export type App = HttpApp;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every route that is guarded, before its handler. */
    principal: Principal | null;
    /** The token that was sent, once it is found: also where it gives no right to what is asked. */
    token: TokenRow | null;
  }
}

type Answers<S extends z.ZodType> = { 200: S; '4xx': z.ZodType<Problem>; '5xx': z.ZodType<Problem> };
export const answers = <S extends z.ZodType>(schema: S): Answers<S> => ({
  200: schema,
  '4xx': problemSchema,
  '5xx': problemSchema,
});

/** A list is an object, so that a cursor can join it later. */
export const listOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item) });

export const limitSchema = (preset: number) => z.coerce.number().int().min(1).max(10_000).default(preset);
/** Ids and names in a path that need not be well formed: what isn't there is not found. */
export const idSchema = z.string().min(1).max(200);

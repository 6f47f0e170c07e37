/**
 * Lists by pages: `limit` and `cursor` in, `items` and `next` out, the same for every list. A cursor says after which item to go on,
 * so that what comes in meanwhile is neither told twice nor hides another (https://use-the-index-luke.com/no-offset).
 */
import { AppError, canonicalJson, digestOfText, timestampSchema } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { MomentKey, PageAsk } from '../rules/page.js';

const MOST = 1_000;

/** Keys of lists in the order of a moment, and of a row's number. */
export const momentKeySchema = z.object({ at: timestampSchema, id: z.uuid() }) satisfies z.ZodType<MomentKey>;
export const rowIdSchema = z.string().regex(/^\d{1,18}$/);

/** For the query of a list. `preset` items a page where nobody asks for a number. */
export const pageQuery = (preset = 100) => ({
  limit: z.coerce.number().int().min(1).max(MOST).default(preset),
  cursor: z.string().min(1).max(2_000).optional().meta({ description: '`next` of the page before, as it is' }),
});

/** `next` is the cursor of the page that follows; null on the last. */
export const pageOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), next: z.string().nullable() });

type ListRequest = Pick<FastifyRequest, 'params' | 'routeOptions'> & {
  readonly query: { readonly limit: number; readonly cursor?: string | undefined };
};

/** What a cursor belongs to: the same list of the same things, whatever the size of its pages. */
const questionOf = ({ routeOptions, params, query }: ListRequest): string => {
  const { limit: _limit, cursor: _cursor, ...filters } = query;
  const asked = Object.entries(filters).filter(([, value]) => value !== undefined);
  return digestOfText(canonicalJson([routeOptions.url ?? '', params ?? {}, Object.fromEntries(asked)])).slice(0, 16);
};

const parseCursor = <Key>(text: string, key: z.ZodType<Key>, question: string): Key => {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    // No cursor of ours: refused below.
  }
  const parsed = z.object({ of: z.literal(question), after: key }).safeParse(value);
  if (parsed.success) return parsed.data.after;
  throw new AppError('invalid_request', 'cursor: expected `next` of the page before, of the same list and filters', {
    details: { cursor: text.slice(0, 100) },
  });
};

export interface ListByPages<T, Key> {
  /** What an item is found by in the list's order. */
  readonly key: z.ZodType<Key>;
  /** Items in the list's order, those after a key, at most as many as asked. */
  readonly list: (page: PageAsk<Key>) => Promise<readonly T[]>;
  readonly keyOf: (item: T) => Key;
}

/**
 * One page of a list.
 * @throws AppError `invalid_request` for a cursor of another list
 */
export const readPage = async <T, Key>(
  request: ListRequest,
  { key, list, keyOf }: ListByPages<T, Key>,
): Promise<{ items: T[]; next: string | null }> => {
  const { limit, cursor } = request.query;
  const question = questionOf(request);
  const after = cursor === undefined ? null : parseCursor(cursor, key, question);
  // One more than the page holds says whether another follows.
  const found = await list({ after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items, next: null };
  return { items, next: Buffer.from(JSON.stringify({ of: question, after: keyOf(last) })).toString('base64url') };
};

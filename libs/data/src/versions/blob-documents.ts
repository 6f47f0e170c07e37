/** Documents in a blob store: parsed by schema both ways, written in their one canonical form. */
import { AppError, type BlobStore, type CanonicalDocument, type Digest } from '@graft/contracts';

/** Reads and writes that are under way at a time, of one call. */
export const BLOB_CONCURRENCY = 16;

export const putDocument = async (blobs: BlobStore, document: CanonicalDocument): Promise<Digest> =>
  blobs.put(document.bytes, { mediaType: 'application/json' });

/** A schema, as far as reading needs it. */
interface DocumentSchema<T> {
  parse(value: unknown): T;
}

/**
 * @throws AppError `not_found` or `corrupt` as the store has it, `invalid_request` when the document is another one.
 */
export const getDocument = async <T>(blobs: BlobStore, schema: DocumentSchema<T>, digest: Digest): Promise<T> => {
  const bytes = await blobs.get(digest);
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (thrown) {
    throw new AppError('invalid_request', `object ${digest} is not the document that was expected`, { cause: thrown });
  }
};

const MAX_DIGITS = 4;

/**
 * How many hex digits of a digest name a shard, 1–4, so that one of them holds at most about `perShard` of so many members. A set
 * that outgrows its shards is written anew once, a sixteenth of the size apart: small sets are few documents, and what is new
 * in large ones rewrites little beside it.
 */
export const shardDigits = (members: number, perShard: number): number => {
  for (let digits = 1; digits < MAX_DIGITS; digits++) if (16 ** digits * perShard >= members) return digits;
  return MAX_DIGITS;
};

/** Members by the first `digits` hex digits of their digest, shards in ascending order; members keep their order. */
export const groupByPrefix = <T>(
  members: readonly T[],
  { digits, digestOf }: { digits: number; digestOf: (member: T) => Digest },
): [string, T[]][] => {
  const shards = new Map<string, T[]>();
  for (const member of members) {
    const prefix = digestOf(member).slice(0, digits);
    const shard = shards.get(prefix);
    if (shard) shard.push(member);
    else shards.set(prefix, [member]);
  }
  return [...shards].sort(([a], [b]) => (a < b ? -1 : 1));
};

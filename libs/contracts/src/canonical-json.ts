/**
 * Canonical JSON (RFC 8785) and the digests taken of it.
 * Pure: no node module, so that a workflow may import it.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import type { z } from 'zod';
import type { Digest } from './digest.js';

/**
 * The one text form of a JSON value: keys sorted, numbers as ECMAScript prints them.
 * @throws TypeError when the value holds something that JSON can't (NaN, Infinity, a lone surrogate, undefined at the top).
 */
export const canonicalJson = (value: unknown): string => {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('canonical JSON of undefined was asked for');
  return text;
};

/** The sha256 of some bytes, as 64 lower-case hex digits. */
export const digestOfBytes = (bytes: Uint8Array): Digest => bytesToHex(sha256(bytes));

/** The sha256 of a UTF-8 text, as 64 lower-case hex digits. */
export const digestOfText = (text: string): Digest => digestOfBytes(utf8ToBytes(text));

/** A document and its one byte form: what is stored, and what its digest is taken of. */
export interface CanonicalDocument {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/**
 * Parses a value by its schema, then writes it canonically. Parsing first drops what the schema doesn't know and
 * refuses what it doesn't allow, so that a digest never depends on a stray key.
 * @throws ZodError when the value doesn't fit the schema.
 */
export const toCanonicalDocument = <S extends z.ZodType>(schema: S, value: z.input<S>): CanonicalDocument => {
  const bytes = utf8ToBytes(canonicalJson(schema.parse(value)));
  return { bytes, digest: digestOfBytes(bytes) };
};

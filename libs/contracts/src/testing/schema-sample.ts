/** A schema with a document that it takes, and changes that it must refuse. */
import type { z } from 'zod';

export type Document = Record<string, unknown>;

/** A change that must make a document invalid: a path of keys, and the value to put there. */
export interface Refusal {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

export interface SchemaSample {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly valid: Document;
  readonly refuses: readonly Refusal[];
}

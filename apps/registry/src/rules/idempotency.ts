/** What a request with an Idempotency-Key comes to (draft-ietf-httpapi-idempotency-key-header). Pure. */
import { AppError } from '@graft/contracts';

/** What is known of a key that was sent before. */
export interface KeptRequest {
  /** Whether it came with the same method, path and body. */
  readonly isSame: boolean;
  /** Whether a transaction of it was committed. */
  readonly committed: boolean;
  /** Whether longer has passed than a request takes: without an answer by then, it was cut off. */
  readonly isOver: boolean;
  /** Of its answer; null while it has none. */
  readonly status: number | null;
  /** Null where none is kept: it was a secret, or too large. */
  readonly answer: string | null;
}

/** To be told again as they were told before. */
export interface KeptAnswer {
  readonly status: number;
  readonly answer: string;
}

export const RETRY_AFTER_SECONDS = 1;

/** A structured header's string, `"…"`, as the draft has it; or bare, as many clients send it. */
const HEADER = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** @throws AppError `invalid_request`. */
export const parseIdempotencyKey = (header: string | readonly string[]): string => {
  const [, quoted, bare] = (typeof header === 'string' ? HEADER.exec(header) : null) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new AppError(
    'invalid_request',
    'idempotency-key: expected one key of 1 to 255 visible characters, such as a UUID',
  );
};

/**
 * The answer to tell again.
 * @throws AppError `refused` for a key that stood for another request, `conflict` while the first is under way, or where it was done
 * and its answer can't be told again
 */
export const ruleRepeat = (key: string, { isSame, committed, isOver, status, answer }: KeptRequest): KeptAnswer => {
  const details = { idempotencyKey: key };
  if (!isSame) {
    throw new AppError(
      'refused',
      `the idempotency key "${key}" was sent with another request: take a new key for each`,
      {
        details,
      },
    );
  }
  if (status !== null && answer !== null) return { status, answer };
  // Between its commit and its answer it is still under way.
  if (status !== null || (committed && isOver)) {
    throw new AppError(
      'conflict',
      `what was asked under "${key}" is done, and its answer can't be told again: look at what is there`,
      {
        details: { ...details, ...(status === null ? {} : { status }) },
      },
    );
  }
  throw new AppError('conflict', `the request under "${key}" is under way: ask again in a moment`, {
    details: { ...details, retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
};

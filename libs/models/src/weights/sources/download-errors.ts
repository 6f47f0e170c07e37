/** What can go wrong on the way to a file, as errors that say what to do. */
import { AppError, type ErrorCode } from '@graft/contracts';

/** Worth another try. */
export class BrokenOffError extends Error {
  override readonly name = 'BrokenOffError';
}

const REFUSALS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['unauthenticated', 'it asks for a login'],
  403: ['forbidden', "it doesn't give this file to us"],
  404: ['not_found', 'there is no such file'],
  410: ['not_found', 'the file is gone'],
};

/** 408, 429 and 5xx may pass; whatever else a server says stays so. */
const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

/** An answer that isn't the file, as an error; its body is let go. */
export const answerError = async (what: string, response: Response): Promise<Error> => {
  const { status } = response;
  await response.body?.cancel();
  // The server no longer has the part that was asked for: the next try asks for the whole.
  if (isPassing(status) || status === 416) return new BrokenOffError(`status ${status}`);
  const [code, meaning] = REFUSALS[status] ?? ['unavailable' as const, 'it gives no file'];
  return new AppError(
    code,
    `${what}: ${meaning} (status ${status}); check the reference, or give a local file's path`,
    {
      details: { status },
    },
  );
};

/** undici hides the reason in the cause. */
const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (cause instanceof Error || (typeof cause === 'object' && cause !== null && 'message' in cause)) {
    const { message, code } = cause as { message?: unknown; code?: unknown };
    const text = typeof message === 'string' && message !== '' ? message : String(code ?? 'no reason');
    return `${thrown.message}: ${text}`;
  }
  return thrown.message;
};

/** An error that p-retry tries again (it takes a TypeError, which is what fetch throws, for a mistake in the program). */
export const toRetryable = (thrown: unknown): Error =>
  thrown instanceof AppError || thrown instanceof BrokenOffError
    ? thrown
    : new BrokenOffError(reasonOf(thrown), { cause: thrown });

export const noWayError = (what: string, thrown: unknown): AppError =>
  new AppError(
    'unavailable',
    `${what} can't be fetched from here: ${reasonOf(thrown)}; where there is no way to it, ` +
      "fetch it on another machine and give the file's path instead",
    { cause: thrown },
  );

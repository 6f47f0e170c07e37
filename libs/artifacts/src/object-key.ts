/** Keys of objects: what is allowed, and the order that listings come in. */
import { AppError } from '@graft/contracts';

const encoder = new TextEncoder();

/**
 * Refuses what some adapter couldn't keep under its name: an empty key, an empty segment, `.` or `..`, control characters,
 * more than 1024 bytes (S3's limit).
 * @throws AppError `invalid_request` that says which key and why.
 */
export const checkKey = (key: string): void => {
  const why = ((): string | null => {
    if (key === '') return 'it is empty';
    if (encoder.encode(key).length > 1024) return 'it is longer than 1024 bytes';
    if (/[\u0000-\u001f\u007f]/.test(key)) return 'it holds a control character';
    if (key.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')) {
      return 'a segment of it is empty, "." or ".."';
    }
    return null;
  })();
  if (why !== null) throw new AppError('invalid_request', `object key ${JSON.stringify(key)}: ${why}`);
};

/** S3's order: by the bytes of UTF-8, which differs from the order of JavaScript's strings beyond U+FFFF. */
export const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Names of user metadata as S3 gives them back: lower case. */
export const lowerCaseNames = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));

export const tooLarge = (key: string, sizeBytes: number | null, maxBytes: number): AppError =>
  new AppError(
    'too_large',
    sizeBytes === null
      ? `object ${key} has more than the allowed ${maxBytes} bytes`
      : `object ${key} has ${sizeBytes} bytes, more than the allowed ${maxBytes}`,
    { details: { key, maxBytes, ...(sizeBytes === null ? {} : { sizeBytes }) } },
  );

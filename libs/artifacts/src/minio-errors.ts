/** What the MinIO client throws, as errors of Graft. */
import { AppError, type ErrorCode } from '@graft/contracts';

/** S3's codes, and node's for a connection that failed. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: 'forbidden',
  InvalidAccessKeyId: 'forbidden',
  SignatureDoesNotMatch: 'forbidden',
  RequestTimeTooSkewed: 'forbidden',
  AllAccessDisabled: 'forbidden',
  Forbidden: 'forbidden',
  NoSuchBucket: 'not_found',
  InvalidBucketNameError: 'invalid_request',
  InvalidObjectNameError: 'invalid_request',
  KeyTooLongError: 'invalid_request',
  EntityTooLarge: 'too_large',
  SlowDown: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
  XMinioServerNotInitialized: 'unavailable',
  XMinioStorageFull: 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  EPIPE: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENETUNREACH: 'unavailable',
  ETIMEDOUT: 'unavailable',
  ERR_STREAM_PREMATURE_CLOSE: 'unavailable',
};

export interface MinioErrorContext {
  readonly endpoint: string;
  readonly bucket: string;
  /** What was tried, for the message: `get a/b`. */
  readonly action: string;
}

const vendorCode = (thrown: unknown): string => {
  const { code, name, message } = thrown as { code?: unknown; name?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  // With its own retries off, the client reports 408, 429 and 5xx by message alone.
  if (/Retryable HTTP status: \d+/.test(String(message))) return 'ServiceUnavailable';
  return typeof name === 'string' ? name : '';
};

/** Whether the error says that the object isn't there (a HEAD has no body, so no code but `NotFound`). */
export const isNoSuchKey = (thrown: unknown): boolean => ['NoSuchKey', 'NotFound'].includes(vendorCode(thrown));

/** `unavailable` names the endpoint, `forbidden` and `not_found` the bucket; what isn't known is `internal`. */
export const translateMinioError = (thrown: unknown, { endpoint, bucket, action }: MinioErrorContext): AppError => {
  if (thrown instanceof AppError) return thrown;
  const vendor = vendorCode(thrown);
  const code = CODES[vendor] ?? 'internal';
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const message = {
    unavailable: `object store at ${endpoint} can't be used now (${action}): ${detail || vendor}`,
    forbidden: `object store at ${endpoint} refused (${action} in bucket ${bucket}): ${detail || vendor}`,
    not_found: `no bucket ${bucket} at ${endpoint} (${action})`,
  }[code as string];
  return new AppError(
    code,
    message ?? `object store at ${endpoint}: ${action} in bucket ${bucket}: ${detail || vendor}`,
    {
      details: { endpoint, bucket, vendorCode: vendor },
      cause: thrown,
    },
  );
};

/** The quarantine's entry for what can't be taken. */
import { AppError, quarantineReasonSchema, type Digest, type QuarantineEntry } from '@graft/contracts';

/** The quarantine's entry for an `image_unfit` error; null for any other error, which is no fault of the image. */
export const toQuarantineEntry = (
  { key, etag, sha256 = null }: { key: string; etag: string; sha256?: Digest | null },
  error: unknown,
): QuarantineEntry | null => {
  if (!(error instanceof AppError) || error.code !== 'image_unfit') return null;
  const reason = quarantineReasonSchema.safeParse(error.details['reason']);
  return reason.success ? { key, etag, sha256, reason: reason.data, detail: error.message } : null;
};

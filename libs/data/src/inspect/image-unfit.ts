/** Why an image can't be taken: one error, one reason, and its entry in the quarantine. */
import {
  AppError,
  quarantineReasonSchema,
  type Digest,
  type QuarantineEntry,
  type QuarantineReason,
} from '@graft/contracts';

export const imageUnfit = (reason: QuarantineReason, detail: string, cause?: unknown): AppError =>
  new AppError('image_unfit', detail, { details: { reason }, cause });

/** The quarantine's entry for an `image_unfit` error; null for any other error, which is no fault of the image. */
export const toQuarantineEntry = (
  { key, etag, sha256 = null }: { key: string; etag: string; sha256?: Digest | null },
  error: unknown,
): QuarantineEntry | null => {
  if (!(error instanceof AppError) || error.code !== 'image_unfit') return null;
  const reason = quarantineReasonSchema.safeParse(error.details['reason']);
  return reason.success ? { key, etag, sha256, reason: reason.data, detail: error.message } : null;
};

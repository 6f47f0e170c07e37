/** Why an image can't be taken: one error, one reason. */
import { AppError } from './errors.js';
import type { QuarantineReason } from './manifest.js';

/** An AppError `image_unfit` with `details.reason`. */
export const imageUnfit = (reason: QuarantineReason, detail: string, cause?: unknown): AppError =>
  new AppError('image_unfit', detail, { details: { reason }, ...(cause === undefined ? {} : { cause }) });

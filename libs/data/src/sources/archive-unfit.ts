/** Errors of archives: of the whole, or of one entry. */
import { imageUnfit, AppError } from '@graft/contracts';

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Whether the file system is to blame, and not what it gave. */
const isSystemError = (thrown: unknown): boolean => thrown instanceof Error && 'syscall' in thrown;

/** What a reader of archives threw, as the archive's fault; what is somebody else's stays what it is. */
export const toArchiveError = (thrown: unknown, name: string): unknown =>
  thrown instanceof AppError || isSystemError(thrown)
    ? thrown
    : imageUnfit('archive_unfit', `${name} can't be read: ${messageOf(thrown)}`, thrown);

/** What a reader threw for one entry, as that entry's fault. */
export const toEntryError = (thrown: unknown): unknown =>
  thrown instanceof AppError || isSystemError(thrown)
    ? thrown
    : imageUnfit('archive_unfit', `it is damaged in the archive: ${messageOf(thrown)}`, thrown);

export const tooManyBytes = (sizeBytes: number, maxBytes: number): AppError =>
  imageUnfit('too_many_bytes', `it has ${sizeBytes} bytes, at most ${maxBytes} are taken`);

export const tooManyEntries = (name: string, maxEntries: number): AppError =>
  imageUnfit('archive_unfit', `${name} has more than ${maxEntries} entries: split it`);

export const inflatesTooFar = (name: string, maxBytes: number): AppError =>
  imageUnfit(
    'archive_unfit',
    `${name} inflates to more than ${maxBytes} bytes, which no archive of images of its size does`,
  );

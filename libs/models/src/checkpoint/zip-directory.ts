/** Where a zip's directory is, from the record at the file's end (PKWARE APPNOTE 6.3.10, sections 4.3.14–4.3.16). */
import { refuse } from './checkpoint-tensor.js';
import { IN_ZIP64, readUint64 } from './zip64.js';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;

export interface ZipDirectory {
  readonly count: number;
  readonly start: number;
  /** Behind its last entry. */
  readonly end: number;
}

const findEnd = (view: DataView): number => {
  const lowest = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = view.byteLength - END_BYTES; at >= lowest; at -= 1)
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  return refuse('its zip directory is missing: the file is cut off');
};

/** The zip64 record, where a locator just before the end names one. torch.save writes it in every file. */
const findEnd64 = (view: DataView, end: number): number | null => {
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_SIGNATURE) return null;
  const at = readUint64(view, locator + 8);
  if (at + END64_BYTES > locator || view.getUint32(at, true) !== END64_SIGNATURE)
    refuse('its zip64 directory is missing where the file says it is');
  return at;
};

/** @throws AppError `checkpoint_unfit` when the file has no directory, or one that isn't where it says. */
export const findZipDirectory = (view: DataView): ZipDirectory => {
  if (view.byteLength < END_BYTES) refuse('it is too short for a zip file');
  const end = findEnd(view);
  const end64 = findEnd64(view, end);
  const narrow = {
    count: view.getUint16(end + 10, true),
    size: view.getUint32(end + 12, true),
    start: view.getUint32(end + 16, true),
  };
  const isWide = narrow.count === 0xffff || narrow.size === IN_ZIP64 || narrow.start === IN_ZIP64;
  if (isWide && end64 === null) refuse('its zip directory refers to a zip64 part that is missing');
  const { count, size, start } =
    isWide && end64 !== null
      ? {
          count: readUint64(view, end64 + 32),
          size: readUint64(view, end64 + 40),
          start: readUint64(view, end64 + 48),
        }
      : narrow;
  if (start + size > (end64 ?? end)) refuse('its zip directory reaches beyond the file');
  return { count, start, end: start + size };
};

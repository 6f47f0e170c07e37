/** Numbers of a zip that don't fit 32 bits (PKWARE APPNOTE 6.3.10, section 4.5.3). */
import { refuse } from './checkpoint-tensor.js';

/** In a 32-bit field: the number is in the zip64 part instead. */
export const IN_ZIP64 = 0xffffffff;

const EXTRA_ID = 0x0001;

/** @throws AppError `checkpoint_unfit` for a number that no file has. */
export const readUint64 = (view: DataView, at: number): number => {
  const value = at + 8 > view.byteLength ? -1n : view.getBigUint64(at, true);
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) refuse('its zip has a number that no file reaches');
  return Number(value);
};

/** The extra field of that id, or null. */
const findExtra = (extra: Uint8Array): DataView | null => {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) return null;
    if (view.getUint16(at, true) === EXTRA_ID) return new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    at += 4 + length;
  }
  return null;
};

export interface EntryNumbers {
  readonly size: number;
  readonly packedSize: number;
  /** Where the member's local header starts. */
  readonly local: number;
}

/**
 * An entry's numbers, those marked so out of its zip64 field, where they stand in this order.
 * @throws AppError `checkpoint_unfit` when one is marked and isn't there.
 */
export const readZip64Fields = (name: string, extra: Uint8Array, numbers: EntryNumbers): EntryNumbers => {
  const marked = [numbers.size, numbers.packedSize, numbers.local].filter((value) => value === IN_ZIP64).length;
  if (marked === 0) return numbers;
  const field = findExtra(extra);
  if (field === null || field.byteLength < 8 * marked)
    return refuse(`its zip member "${name}" lacks the zip64 numbers that it refers to`, { name });
  let at = 0;
  const resolve = (value: number): number => {
    if (value !== IN_ZIP64) return value;
    at += 8;
    return readUint64(field, at - 8);
  };
  const size = resolve(numbers.size);
  const packedSize = resolve(numbers.packedSize);
  return { size, packedSize, local: resolve(numbers.local) };
};

/**
 * The fields of one protobuf message, walked in place (https://protobuf.dev/programming-guides/encoding/). A general
 * decoder makes an object of everything it meets, and two bytes of a stranger's file can ask for a hundred bytes of
 * objects; here the caller takes what it needs, as views of the file.
 */
import { refuse } from './checkpoint-tensor.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/** A varint as the 64-bit integer with sign that the schema says, exact up to 2^53; a field of bytes, or of 4 or 8 fixed ones. */
export type FieldVisitor = {
  readonly varint?: (field: number, value: number) => void;
  readonly bytes?: (field: number, value: Uint8Array) => void;
  readonly fixed?: (field: number, value: Uint8Array) => void;
};

const SIGN_BIT = 2 ** 63;

/** @throws AppError `checkpoint_unfit` for a varint that has no end. */
export const readVarint = (bytes: Uint8Array, start: number): { value: number; end: number } => {
  let value = 0;
  let factor = 1;
  for (let at = start; at < start + MAX_VARINT_BYTES; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * factor;
    factor *= 0x80;
    // Below 0 the encoding is two's complement in 64 bits; what a double loses of it doesn't matter: no size is so large.
    if (byte < 0x80) return { value: value >= SIGN_BIT ? value - 2 ** 64 : value, end: at + 1 };
  }
  return refuse(`its protobuf has a number without an end (at byte ${start} of a message)`);
};

const take = (bytes: Uint8Array, start: number, length: number): Uint8Array => {
  if (length < 0 || length > bytes.byteLength - start)
    refuse(`its protobuf says that ${length} bytes follow, ${bytes.byteLength - start} do`);
  return bytes.subarray(start, start + length);
};

/**
 * Calls the visitor for each field, in the message's order.
 * @throws AppError `checkpoint_unfit` when the bytes are no message.
 */
export const walkFields = (bytes: Uint8Array, visitor: FieldVisitor): void => {
  let at = 0;
  while (at < bytes.byteLength) {
    const tag = readVarint(bytes, at);
    const field = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    at = tag.end;
    if (field < 1 || field >= 2 ** 29) refuse(`its protobuf has a field of number ${field}`);
    if (wire === VARINT) {
      const { value, end } = readVarint(bytes, at);
      at = end;
      visitor.varint?.(field, value);
    } else if (wire === BYTES) {
      const length = readVarint(bytes, at);
      const view = take(bytes, length.end, length.value);
      at = length.end + view.byteLength;
      visitor.bytes?.(field, view);
    } else if (wire === FIXED32 || wire === FIXED64) {
      const view = take(bytes, at, wire === FIXED32 ? 4 : 8);
      at += view.byteLength;
      visitor.fixed?.(field, view);
    } else refuse(`its protobuf has a field of the unknown kind ${wire}`);
  }
};

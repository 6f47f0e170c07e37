/**
 * Protocol buffers, field by field, as bytes (https://protobuf.dev/programming-guides/encoding): what isn't looked at is carried over as
 * it is, so that a model of another maker loses nothing of what our schema doesn't know.
 */
import { AppError } from '@graft/contracts';

export interface Field {
  readonly number: number;
  /** Of a length-delimited field: its contents. Else empty. */
  readonly bytes: Uint8Array;
  /** Of a varint; else 0. */
  readonly value: number;
  /** The field as it stands, tag and all. */
  readonly whole: Uint8Array;
}

const broken = (): AppError => new AppError('checkpoint_unfit', 'these bytes are no protocol buffer');

/** Whole numbers up to 2^53 are enough for tags, lengths, sizes and versions; of a negative one the high bits are lost. */
const readVarint = (bytes: Uint8Array, at: number): { value: number; end: number } => {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw broken();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw broken();
};

const NOTHING = new Uint8Array();

/** @throws AppError `checkpoint_unfit` where the bytes are no message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    const [number, kind] = [Math.floor(tag.value / 8), tag.value % 8];
    let { end } = tag;
    let bytes: Uint8Array = NOTHING;
    let value = 0;
    if (kind === 0) ({ value, end } = readVarint(message, tag.end));
    else if (kind === 1) end += 8;
    else if (kind === 5) end += 4;
    else if (kind === 2) {
      const length = readVarint(message, tag.end);
      end = length.end + length.value;
      bytes = message.subarray(length.end, end);
    } else throw broken();
    if (number === 0 || end > message.length) throw broken();
    yield { number, bytes, value, whole: message.subarray(at, end) };
    at = end;
  }
}

export const textOf = ({ bytes }: Pick<Field, 'bytes'>): string => new TextDecoder().decode(bytes);

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
};

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** A length-delimited field: a text, or a message. */
export const lengthField = (number: number, contents: Uint8Array | string): Uint8Array => {
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
  return concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
};

/** A whole number from 0 on. */
export const numberField = (number: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(number * 8), ...varint(value)]);

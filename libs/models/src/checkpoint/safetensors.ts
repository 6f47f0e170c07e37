/**
 * safetensors: a length, a JSON header, then the tensors' bytes without a gap
 * (https://github.com/huggingface/safetensors, "Format"). Nothing in such a file can run.
 */
import {
  bytesPerElement,
  checkTensorName,
  copyElements,
  countElements,
  isElementType,
  MAX_TENSORS,
  refuse,
  type Checkpoint,
  type CheckpointTensor,
} from './checkpoint-tensor.js';

const LENGTH_BYTES = 8;
/**
 * Parsed JSON takes up to thirty times its text, so the reference implementation's 100 MB are too many: as many tensors as
 * may be have a header of about 8 MB.
 */
const MAX_HEADER_BYTES = 10_000_000;
/** An entry has an object and two lists. */
const MAX_BRACKETS = 3 * MAX_TENSORS + 8;
const [BRACE, BRACKET] = [0x7b, 0x5b];
const METADATA_KEY = '__metadata__';

export interface Safetensors {
  readonly tensors: Checkpoint;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Placed {
  readonly name: string;
  readonly tensor: Omit<CheckpointTensor, 'data'>;
  readonly begin: number;
  readonly end: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

const parseHeader = (bytes: Uint8Array): { header: Record<string, unknown>; body: Uint8Array } => {
  if (bytes.byteLength < LENGTH_BYTES) refuse(`a safetensors file has at least 8 bytes, this has ${bytes.byteLength}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const available = Math.min(bytes.byteLength - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > BigInt(available)) refuse(`its header says ${length} bytes, at most ${available} can be there`);
  const end = LENGTH_BYTES + Number(length);
  let brackets = 0;
  for (let at = LENGTH_BYTES; at < end; at += 1) if (bytes[at] === BRACE || bytes[at] === BRACKET) brackets += 1;
  if (brackets > MAX_BRACKETS) refuse(`its safetensors header holds ${brackets} objects and lists`);
  const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, end));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    refuse('its safetensors header is not JSON');
  }
  if (!isRecord(header)) return refuse('its safetensors header is not an object');
  return { header, body: bytes.subarray(end) };
};

const parseMetadata = (value: unknown): ReadonlyMap<string, string> => {
  if (value === undefined) return new Map();
  if (!isRecord(value)) return refuse('its __metadata__ is not an object');
  return new Map(
    Object.entries(value).map(([key, text]) => [
      key,
      typeof text === 'string' ? text : refuse(`its __metadata__ "${key}" is not a text`),
    ]),
  );
};

const parseEntry = (name: string, value: unknown): Placed => {
  checkTensorName(name);
  if (!isRecord(value)) return refuse(`"${name}" is not described by an object`, { name });
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isElementType(dtype)) return refuse(`"${name}" has the element type ${JSON.stringify(dtype)}`, { name });
  if (!isNumbers(shape)) return refuse(`"${name}" has no shape`, { name });
  const [begin, end, ...more] = isNumbers(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0)
    return refuse(`"${name}" has no pair of data_offsets`, { name });
  const expected = countElements(name, shape) * bytesPerElement(dtype);
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end - begin !== expected)
    return refuse(`"${name}" takes ${expected} bytes but its offsets are ${begin} to ${end}`, { name });
  return { name, tensor: { shape, dtype }, begin, end };
};

/**
 * Reads a safetensors file. Every length and offset is checked before anything is allocated; tensors must cover the
 * data part without overlap or gap, as the format asks.
 * @throws AppError `checkpoint_unfit` that names what is wrong.
 */
export const readSafetensors = (bytes: Uint8Array): Safetensors => {
  const { header, body } = parseHeader(bytes);
  const placed = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => parseEntry(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of placed) {
    if (begin !== covered) refuse(`"${name}" starts at byte ${begin}, expected ${covered}`, { name });
    covered = end;
  }
  if (covered !== body.byteLength) refuse(`its tensors end at byte ${covered} of ${body.byteLength}`);
  return {
    tensors: new Map(
      placed.map(({ name, tensor, begin, end }) => [
        name,
        { ...tensor, data: copyElements(tensor.dtype, body.subarray(begin, end)) },
      ]),
    ),
    metadata: parseMetadata(header[METADATA_KEY]),
  };
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Writes a safetensors file. The same tensors and metadata give the same bytes, in whatever order they come: widest
 * elements first, then by name (so that every tensor is aligned), as the reference implementation does.
 * @throws AppError `checkpoint_unfit` when a tensor's data doesn't fit its shape.
 */
export const writeSafetensors = (tensors: Checkpoint, metadata: Readonly<Record<string, string>> = {}): Uint8Array => {
  const sorted = [...tensors].sort(
    ([a, left], [b, right]) => bytesPerElement(right.dtype) - bytesPerElement(left.dtype) || compareText(a, b),
  );
  const entries: [string, unknown][] = [];
  const notes = Object.entries(metadata).sort(([a], [b]) => compareText(a, b));
  if (notes.length > 0) entries.push([METADATA_KEY, Object.fromEntries(notes)]);
  let offset = 0;
  for (const [name, { shape, dtype, data }] of sorted) {
    checkTensorName(name);
    if (name === METADATA_KEY || countElements(name, shape) !== data.length || isWrongArray(dtype, data))
      refuse(`"${name}" has ${data.length} elements of ${dtype} for the shape [${shape.join(', ')}]`, { name });
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.byteLength / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + padded + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + padded;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
};

const isWrongArray = (dtype: CheckpointTensor['dtype'], data: CheckpointTensor['data']): boolean =>
  data.BYTES_PER_ELEMENT !== bytesPerElement(dtype);

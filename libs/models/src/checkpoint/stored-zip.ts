/**
 * The directory of a zip file whose members are stored, not deflated: what torch.save writes since 1.6. Members are views
 * of the file, so nothing a header says can make it take memory. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7–4.3.16.
 */
import { refuse } from './checkpoint-tensor.js';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const ENCRYPTED = 1;
/** In a 32-bit field: the number is in the zip64 part instead. */
const IN_ZIP64 = 0xffffffff;

const findEnd = (view: DataView): number => {
  const lowest = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = view.byteLength - END_BYTES; at >= lowest; at -= 1)
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  return refuse('its zip directory is missing: the file is cut off');
};

/** The bytes of a member, from its local header (whose name and extra field may differ in length). */
const memberBytes = (bytes: Uint8Array, view: DataView, name: string, local: number, size: number): Uint8Array => {
  if (local + LOCAL_BYTES > view.byteLength || view.getUint32(local, true) !== LOCAL_SIGNATURE)
    refuse(`its zip member "${name}" has no header where the directory says`, { name });
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + size > view.byteLength) refuse(`its zip member "${name}" reaches beyond the file`, { name });
  return bytes.subarray(start, start + size);
};

/**
 * Members by name.
 * @throws AppError `checkpoint_unfit` when a member is compressed, encrypted, doubled, or lies outside the file.
 */
export const readStoredZip = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < END_BYTES) refuse('it is too short for a zip file');
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === IN_ZIP64)
    refuse('its zip directory is of the zip64 kind (over 4 GB or 65,534 members)');
  const members = new Map<string, Uint8Array>();
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY_SIGNATURE) refuse('its zip directory is broken');
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 24, true);
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) refuse('its zip directory is broken');
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
    if (method !== STORED || (flags & ENCRYPTED) !== 0 || view.getUint32(at + 20, true) !== size)
      refuse(`its zip member "${name}" is compressed or encrypted; PyTorch stores members as they are`, { name });
    if (members.has(name)) refuse(`its zip has two members "${name}"`, { name });
    members.set(name, memberBytes(bytes, view, name, view.getUint32(at + 42, true), size));
    at = next;
  }
  return members;
};

/**
 * The directory of a zip file whose members are stored, not deflated: what torch.save writes since 1.6. Members are views
 * of the file, so nothing a header says can make it take memory. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7–4.3.16
 * and 4.5.3 (zip64: numbers beyond 32 bits).
 */
import { MAX_TENSORS, refuse } from './checkpoint-tensor.js';
import { findZipDirectory } from './zip-directory.js';
import { readZip64Fields } from './zip64.js';

const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const ENCRYPTED = 1;

interface Member {
  readonly name: string;
  /** Where its local header starts, and where its bytes end. */
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** torch.save gives relative paths; anything that climbs is somebody else's. */
const checkName = (name: string): string => {
  const parts = name.split('/');
  if (name.startsWith('/') || /[\\\0]/.test(name) || /^[A-Za-z]:/.test(name) || parts.includes('..'))
    refuse(`its zip has a member "${name}", which is no path inside it`, { name });
  return name;
};

/** A member, from its local header (whose extra field may differ in length from the directory's). */
const memberAt = (bytes: Uint8Array, entry: { name: string; local: number; size: number }): Member => {
  const { name, local, size } = entry;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (local + LOCAL_BYTES > view.byteLength || view.getUint32(local, true) !== LOCAL_SIGNATURE)
    refuse(`its zip member "${name}" has no header where the directory says`, { name });
  const nameEnd = local + LOCAL_BYTES + view.getUint16(local + 26, true);
  const begin = nameEnd + view.getUint16(local + 28, true);
  const end = begin + size;
  if (end > view.byteLength) refuse(`its zip member "${name}" reaches beyond the file`, { name });
  if (decode(bytes.subarray(local + LOCAL_BYTES, nameEnd)) !== name)
    refuse(`its zip member "${name}" has another name in its own header`, { name });
  return { name, start: local, end, bytes: bytes.subarray(begin, end) };
};

const checkOverlaps = (members: readonly Member[], directory: number): void => {
  const sorted = members.toSorted((a, b) => a.start - b.start);
  sorted.forEach(({ name, end }, index) => {
    if (end > (sorted[index + 1]?.start ?? directory)) refuse(`its zip member "${name}" overlaps another`, { name });
  });
};

/**
 * Members by name.
 * @throws AppError `checkpoint_unfit` when a member is compressed, encrypted, doubled, overlaps another, has a name that
 * climbs, or lies outside the file.
 */
export const readStoredZip = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start, end } = findZipDirectory(view);
  if (count > MAX_TENSORS) refuse(`its zip has ${count} members, more than ${MAX_TENSORS}`);
  const members: Member[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY_SIGNATURE) refuse('its zip directory is broken');
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > end) refuse('its zip directory is broken');
    const name = checkName(decode(bytes.subarray(at + ENTRY_BYTES, nameEnd)));
    const { size, packedSize, local } = readZip64Fields(name, bytes.subarray(nameEnd, extraEnd), {
      size: view.getUint32(at + 24, true),
      packedSize: view.getUint32(at + 20, true),
      local: view.getUint32(at + 42, true),
    });
    if (method !== STORED || (flags & ENCRYPTED) !== 0 || packedSize !== size)
      refuse(`its zip member "${name}" is compressed or encrypted; PyTorch stores members as they are`, { name });
    members.push(memberAt(bytes, { name, local, size }));
    at = next;
  }
  checkOverlaps(members, start);
  const byName = new Map<string, Uint8Array>();
  for (const { name, bytes: content } of members) {
    if (byName.has(name)) refuse(`its zip has two members "${name}"`, { name });
    byName.set(name, content);
  }
  return byName;
};

/** Zip archives as tests need them, the broken ones too: written byte by byte (PKWARE APPNOTE 6.3.10). */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string | Uint8Array;
  readonly bytes?: Uint8Array | string;
  readonly stored?: boolean;
  /** Unix mode, with the type of the file. */
  readonly mode?: number;
  /** General purpose flags; UTF-8 names by default. */
  readonly flags?: number;
  /** What the directory says instead of what is so. */
  readonly says?: { readonly crc32?: number; readonly uncompressedSize?: number; readonly method?: number };
  /** Points at another member's data: overlapping entries. */
  readonly sameDataAs?: number;
  /** Sizes and offset in a zip64 extra field. */
  readonly zip64?: boolean;
}

const u16 = (...values: number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);
const u32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
const u64 = (...values: number[]): Buffer => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer);

const UTF8 = 0x800;
const MAX16 = 0xffff;
const MAX32 = 0xffffffff;

/** A whole archive. With `zip64`, its end is one of zip64 too. */
export const makeZip = (members: readonly ZipMember[], { zip64 = false }: { zip64?: boolean } = {}): Buffer => {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  const directory: Buffer[] = [];
  let size = 0;
  const add = (...added: Buffer[]): void => {
    for (const part of added) size += part.length;
    parts.push(...added);
  };
  for (const [index, member] of members.entries()) {
    const name = typeof member.name === 'string' ? Buffer.from(member.name) : Buffer.from(member.name);
    const original = members[member.sameDataAs ?? index] ?? member;
    const bytes = Buffer.from((original.bytes ?? '') as string);
    const packed = original.stored ? bytes : deflateRawSync(bytes);
    const flags = member.flags ?? UTF8;
    const method = member.says?.method ?? (original.stored ? 0 : 8);
    const sum = member.says?.crc32 ?? crc32(bytes);
    const uncompressed = member.says?.uncompressedSize ?? bytes.length;
    const offset = member.sameDataAs === undefined ? size : (offsets[member.sameDataAs] ?? 0);
    offsets.push(offset);
    if (member.sameDataAs === undefined) {
      add(u32(0x04034b50), u16(20, flags, method, 0, 0), u32(sum, packed.length, uncompressed), u16(name.length, 0));
      add(name, packed);
    }
    const extra = member.zip64
      ? Buffer.concat([u16(1, 24), u64(uncompressed, packed.length, offset)])
      : Buffer.alloc(0);
    const sizes = member.zip64 ? u32(sum, MAX32, MAX32) : u32(sum, packed.length, uncompressed);
    directory.push(
      u32(0x02014b50),
      u16((3 << 8) | 20, 20, flags, method, 0, 0),
      sizes,
      u16(name.length, extra.length, 0, 0, 0),
      u32(((member.mode ?? 0o100644) << 16) >>> 0, member.zip64 ? MAX32 : offset),
      name,
      extra,
    );
  }
  const start = size;
  add(...directory);
  const length = size - start;
  if (zip64) {
    const end = size;
    add(u32(0x06064b50), u64(44), u16(45, 45), u32(0, 0), u64(members.length, members.length, length, start));
    add(u32(0x07064b50, 0), u64(end), u32(1));
  }
  const count = zip64 ? MAX16 : members.length;
  add(u32(0x06054b50), u16(0, 0, count, count), u32(zip64 ? MAX32 : length, zip64 ? MAX32 : start), u16(0));
  return Buffer.concat(parts);
};

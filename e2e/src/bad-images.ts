/** Files that are no good, as they come: each with the reason for which it must be left out. */
import { crc32 } from 'node:zlib';
import type { QuarantineReason } from '@graft/contracts';
import sharp from 'sharp';

const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** A PNG that says it has 30,000 × 30,000 pixels: small to send, 2.7 GB once decoded. */
export const hugePng = (side = 30_000): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', Buffer.from('789c030000000001', 'hex')),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
};

export interface BadFile {
  readonly fileName: string;
  readonly bytes: Buffer;
  readonly reason: QuarantineReason;
}

export const badFiles = async (): Promise<BadFile[]> => {
  const photo = sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: '#808000',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  });
  const jpeg = await photo.clone().jpeg().toBuffer();
  return [
    { fileName: 'truncated.jpg', bytes: jpeg.subarray(0, jpeg.length >> 1), reason: 'broken_image' },
    { fileName: 'notes.jpg', bytes: Buffer.from('these are notes, not an image\n'.repeat(20)), reason: 'not_an_image' },
    { fileName: 'huge.png', bytes: hugePng(), reason: 'too_many_pixels' },
    { fileName: 'moving.gif', bytes: await photo.clone().gif().toBuffer(), reason: 'unsupported_format' },
    { fileName: 'empty.png', bytes: Buffer.alloc(0), reason: 'empty_file' },
  ];
};

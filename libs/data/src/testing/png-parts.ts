/** PNG files put together chunk by chunk, for tests. Source: PNG specification, third edition, 5 and 11.2. */

/** CRC-32 as PNG has it (ISO 3309); node:zlib has none before Node 20.15. */
const checksum = (bytes: Buffer): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
};

export const pngChunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(checksum(body));
  return Buffer.concat([length, body, check]);
};

/** The chunk IHDR. `colour`: 0 grey, 2 RGB, 6 RGBA; `depth`: bits a sample. */
export const pngHeader = (params: {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced?: boolean;
}): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(params.width, 0);
  header.writeUInt32BE(params.height, 4);
  header.set([params.depth, params.colour, 0, 0, params.interlaced === true ? 1 : 0], 8);
  return pngChunk('IHDR', header);
};

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export const pngOf = (...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([SIGNATURE, ...chunks, pngChunk('IEND', Buffer.alloc(0))]);

const HEADER_END = SIGNATURE.length + 25;

/** A PNG with one more chunk, right behind its header. */
export const withChunk = (png: Buffer, type: string, data: Buffer): Buffer =>
  Buffer.concat([png.subarray(0, HEADER_END), pngChunk(type, data), png.subarray(HEADER_END)]);

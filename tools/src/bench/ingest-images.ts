/** What the bench `ingest` lands: real pictures that are new in every round, and small made ones by the ten thousand. */
import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import type { ObjectStore } from '@graft/artifacts';
import pLimit from 'p-limit';

const CONCURRENCY = 32;

const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
};

const PNG_HEADER_END = 33;

/** The same picture in other bytes: with a comment, behind what opens the file. */
export const withComment = (image: Buffer, comment: string): Buffer => {
  const text = Buffer.from(comment, 'latin1');
  if (image.readUInt16BE(0) === 0xffd8) {
    const segment = Buffer.from([0xff, 0xfe, 0, 0]);
    segment.writeUInt16BE(text.length + 2, 2);
    return Buffer.concat([image.subarray(0, 2), segment, text, image.subarray(2)]);
  }
  const chunk = pngChunk('tEXt', Buffer.concat([Buffer.from('Comment\0', 'latin1'), text]));
  return Buffer.concat([image.subarray(0, PNG_HEADER_END), chunk, image.subarray(PNG_HEADER_END)]);
};

const SIDE = 32;

/** A picture of CIFAR's size (32 × 32, 3 KB PNG): noise in blocks, another one for each number. */
export const smallImage = (number: number): Buffer => {
  let state = Math.imul(number + 1, 2_654_435_761) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  };
  const blocks = Array.from({ length: 64 }, next);
  const rows = Buffer.alloc(SIDE * (1 + SIDE * 3));
  for (let y = 0, at = 0; y < SIDE; y++) {
    rows[at++] = 0;
    for (let x = 0; x < SIDE * 3; x++) rows[at++] = ((blocks[(y >> 2) * 8 + Math.floor(x / 12)] ?? 0) + next()) >> 1;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows, { level: 1 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
};

const LABELS = 10;

const landAll = async (
  landing: ObjectStore,
  count: number,
  objectOf: (index: number) => Promise<{ key: string; bytes: Buffer }>,
): Promise<void> => {
  const limit = pLimit(CONCURRENCY);
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      limit(async () => {
        const { key, bytes } = await objectOf(index);
        await landing.put(key, bytes);
      }),
    ),
  );
};

/** Puts files under `<dataset>/<label>/`, each with the dataset's name in a comment, so that no store has these bytes yet. */
export const landFiles = (landing: ObjectStore, dataset: string, files: readonly string[]): Promise<void> =>
  landAll(landing, files.length, async (index) => {
    const file = files[index] ?? '';
    const extension = file.slice(file.lastIndexOf('.')).toLowerCase();
    const bytes = withComment(await readFile(file), dataset);
    return { key: `${dataset}/label-${index % LABELS}/${String(index).padStart(6, '0')}${extension}`, bytes };
  });

/** Puts the small images numbered from `first` up to `end`. */
export const landSmallImages = (
  landing: ObjectStore,
  dataset: string,
  { first, end }: { first: number; end: number },
): Promise<void> =>
  landAll(landing, end - first, async (index) => {
    const number = first + index;
    return {
      key: `${dataset}/label-${number % LABELS}/${String(number).padStart(6, '0')}.png`,
      bytes: smallImage(number),
    };
  });

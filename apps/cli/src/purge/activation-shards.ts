/** Which shards of the activation cache hold a row of an image: a safetensors file names its images in its header. */
import type { ObjectStore } from '@graft/artifacts';
import type { Digest } from '@graft/contracts';

/** Of the length that a safetensors file begins with, as a little-endian number (https://huggingface.co/docs/safetensors). */
const LENGTH_BYTES = 8;
/** No header of ours is near it; what says more is damaged. */
const MOST_HEADER_BYTES = 64 * 1024 * 1024;

const readHeader = async (objects: Pick<ObjectStore, 'open'>, key: string): Promise<string> => {
  const opened = await objects.open(key);
  if (opened === null) return '';
  let bytes = Buffer.alloc(0);
  for await (const piece of opened.body) {
    bytes = Buffer.concat([bytes, piece]);
    if (bytes.length < LENGTH_BYTES) continue;
    const end = LENGTH_BYTES + Number(bytes.readBigUInt64LE(0));
    if (end > MOST_HEADER_BYTES) return '';
    if (bytes.length >= end) return bytes.toString('latin1', LENGTH_BYTES, end);
  }
  return '';
};

/** Keys of the shards; each holds other images too, whose activations are computed again when they are needed. */
export const findShardsOf = async (
  objects: Pick<ObjectStore, 'list' | 'open'>,
  image: Digest,
  onProgress?: (done: number) => void,
): Promise<string[]> => {
  const found: string[] = [];
  let done = 0;
  for await (const { key } of objects.list('activations/')) {
    if (key.endsWith('.safetensors') && (await readHeader(objects, key)).includes(image)) found.push(key);
    done += 1;
    onProgress?.(done);
  }
  return found;
};

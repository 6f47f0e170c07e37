/** What an object of the artifacts bucket is, as far as its key and its first bytes tell. */
import type { ObjectStore } from '../object-store.js';

const startsWith =
  (...signatures: readonly (readonly number[])[]) =>
  (bytes: Uint8Array): boolean =>
    signatures.some((signature) => signature.every((byte, at) => bytes[at] === byte));

/** First bytes, by kind. ONNX is a protobuf whose first field is its version (tag 8); safetensors begin with a length, then `{`. */
const SIGNATURES: readonly (readonly [kind: string, is: (bytes: Uint8Array) => boolean])[] = [
  ['document', startsWith([0x7b])],
  [
    'image',
    startsWith([0xff, 0xd8], [0x89, 0x50, 0x4e, 0x47], [0x47, 0x49, 0x46], [0x42, 0x4d], [0x49, 0x49], [0x4d, 0x4d]),
  ],
  [
    'image',
    (bytes) => startsWith([0x52, 0x49, 0x46, 0x46])(bytes) || startsWith([0x66, 0x74, 0x79, 0x70])(bytes.subarray(4)),
  ],
  ['weights', (bytes) => bytes[8] === 0x7b],
  ['model', startsWith([0x08])],
];

/** `activation`, `checkpoint`, `document`, `image`, `weights`, `model` or `other`. */
export const sniffKind = async (objects: Pick<ObjectStore, 'open'>, key: string): Promise<string> => {
  if (key.startsWith('activations/')) return 'activation';
  if (key.startsWith('checkpoints/')) return 'checkpoint';
  const opened = await objects.open(key);
  if (opened === null) return 'other';
  for await (const piece of opened.body) return SIGNATURES.find(([, is]) => is(piece))?.[0] ?? 'other';
  return 'other';
};

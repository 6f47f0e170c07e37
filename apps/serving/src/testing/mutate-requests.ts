/** Requests to a replica that serves `colours`, each of them mutated: the same for the same seed. */
import { gzipSync } from 'node:zlib';
import { binaryRequest, redTensor } from './serve-colours.js';
import { GREEN, RED, SIZE } from './tiny-model.js';

interface Template {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const INFER = 'POST /v2/models/colours/infer HTTP/1.1';
const CLASSIFY = 'POST /v1/models/colours:classify HTTP/1.1';
const red = redTensor();
const tensor = { name: 'input', shape: [1, 3, SIZE, SIZE], datatype: 'FP32' };
const json = Buffer.from(JSON.stringify({ id: 'a', inputs: [{ ...tensor, data: [...red] }] }));
const form = Buffer.concat([
  ...[RED, GREEN].flatMap((image, index) => [
    Buffer.from(`--x\r\ncontent-disposition: form-data; name="a${index}"; filename="a.png"\r\n\r\n`),
    image,
    Buffer.from('\r\n'),
  ]),
  Buffer.from('--x--\r\n'),
]);

const TEMPLATES: readonly Template[] = [
  { line: INFER, headers: { 'content-type': 'application/json' }, body: json },
  { line: INFER, headers: { 'content-encoding': 'gzip' }, body: gzipSync(json) },
  {
    line: INFER,
    ...binaryRequest(
      {
        inputs: [{ ...tensor, parameters: { binary_data_size: red.byteLength } }],
        outputs: [{ name: 'logits', parameters: { binary_data: true } }],
      },
      new Uint8Array(red.buffer),
    ),
  },
  { line: CLASSIFY, headers: { 'content-type': 'image/png' }, body: RED },
  { line: CLASSIFY, headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: form },
  { line: 'GET /v2/models/colours HTTP/1.1', headers: {}, body: new Uint8Array() },
  { line: 'POST /v2/repository/index HTTP/1.1', headers: {}, body: Buffer.from('{"ready":true}') },
];

/** What parsers stumble over, in heads and bodies alike. */
const ODDITIES = [
  ...['-1', '0', '1e309', '9007199254740993', 'NaN', 'null', 'true', '""', '[]', '{}', '[[[[', '}}', '\\u0000', '"'],
  ...['--x', '--x--', '\r\n\r\n', '\r\n', '\0', '\xff\xfe', 'gzip', 'deflate', 'chunked', 'image/png', '*/*', '%00'],
  ...['"binary_data_size":4', '"shape":[0]', '"shape":[1,3,8,8,1,1,1,1,1]', '"data":[[1,2],3]', '__proto__', '../..'],
  '"__proto__":{"a":1}',
];
const HEADERS = [
  ...['content-length', 'transfer-encoding', 'content-type', 'content-encoding', 'inference-header-content-length'],
  ...['x-graft-key', 'expect', 'connection', 'traceparent', 'accept'],
];

/** Mulberry32: a small generator of numbers in [0, 1). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Random = () => number;
const below = (random: Random, end: number): number => Math.floor(random() * end);
const oneOf = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T;

const mutateBytes = (bytes: Uint8Array, random: Random): Buffer => {
  const at = below(random, bytes.length + 1);
  const end = Math.min(bytes.length, at + below(random, 40));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (below(random, 6)) {
    case 0:
      return Buffer.from(before);
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, middle, middle, middle, after]);
    case 3:
      return Buffer.concat([before, Buffer.from(oneOf(random, ODDITIES), 'latin1'), after]);
    case 4:
      return Buffer.concat([before, Buffer.from(middle.map(() => below(random, 256))), after]);
    default:
      return Buffer.concat([bytes, Buffer.alloc(below(random, 5_000), below(random, 256))]);
  }
};

/** A whole request as its bytes; `close` ends the connection after the answer. One in eight is left as it should be. */
export const mutatedRequest = (random: Random): Buffer => {
  const { line, headers, body } = oneOf(random, TEMPLATES);
  const turns = below(random, 8) === 0 ? 0 : 1 + below(random, 3);
  let mutated: Buffer = Buffer.from(body);
  let first = line;
  const fields: Record<string, string> = { ...headers };
  for (let turn = 0; turn < turns; turn += 1) {
    const where = random();
    if (where < 0.6) mutated = mutateBytes(mutated, random);
    else if (where < 0.9) fields[oneOf(random, HEADERS)] = oneOf(random, ODDITIES).replaceAll(/[\r\n\0]/g, ' ');
    else first = mutateBytes(Buffer.from(first), random).toString('latin1');
  }
  const all = { host: 'graft', connection: 'close', 'content-length': `${mutated.length}`, ...fields };
  const head = [first, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), mutated]);
};

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fixture } from '../testing/fixture.js';
import { binaryRequest, redTensor, serveColours } from '../testing/serve-colours.js';
import { SIZE } from '../testing/tiny-model.js';
import { readInput } from './tensors.js';

const PATH = '/v2/models/colours/infer';
const red = new Uint8Array(redTensor().buffer);

const input = (overrides: object = {}): object => ({
  name: 'input',
  shape: [1, 3, SIZE, SIZE],
  datatype: 'FP32',
  parameters: { binary_data_size: red.length },
  ...overrides,
});

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters?: { readonly binary_data_size: number };
  readonly data?: readonly number[];
}
interface Answer {
  readonly id?: string;
  readonly outputs: readonly Tensor[];
}

/** The head, and each output's numbers. */
const decode = async (response: Response): Promise<{ answer: Answer; values: number[][] }> => {
  expect(response.status).toBe(200);
  const header = response.headers.get('inference-header-content-length');
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = header === null ? bytes.length : Number(header);
  const answer = JSON.parse(bytes.toString('utf8', 0, length)) as Answer;
  let offset = length;
  const values = answer.outputs.map(({ data, parameters }) => {
    if (data !== undefined) return [...data];
    const from = offset;
    offset += parameters?.binary_data_size ?? 0;
    return Array.from({ length: (offset - from) / 4 }, (_, index) => bytes.readFloatLE(from + 4 * index));
  });
  expect(offset).toBe(bytes.length);
  return { answer, values };
};

describe('binary tensors', () => {
  let fixture: Fixture;
  let url: string;
  beforeAll(async () => {
    ({ fixture, url } = await serveColours());
  });
  afterAll(() => fixture.dispose());

  const infer = (head: object, tail: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}${PATH}`, { method: 'POST', ...binaryRequest(head, tail, headers) });

  it('come in behind the JSON, wherever that ends, and go out as JSON unless asked for otherwise', async () => {
    for (const id of ['', 'a', 'ab', 'abc']) {
      const { answer, values } = await decode(await infer({ id, inputs: [input()] }, red));
      expect(answer).toMatchObject({ id, outputs: [{ name: 'logits' }, { name: 'probabilities' }] });
      expect(values[0]).toEqual([0, 4, 0]);
    }
  });

  it('go out behind the JSON: all of them, or those that are asked for', async () => {
    const all = await decode(await infer({ inputs: [input()], parameters: { binary_data_output: true } }, red));
    expect(all.answer.outputs).toEqual([
      { name: 'logits', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } },
      { name: 'probabilities', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } },
    ]);
    expect(all.values[0]).toEqual([0, 4, 0]);

    const outputs = [
      { name: 'probabilities', parameters: { binary_data: true } },
      { name: 'logits', parameters: { binary_data: false } },
    ];
    const one = await decode(
      await infer({ inputs: [input()], outputs, parameters: { binary_data_output: true } }, red),
    );
    expect(one.answer.outputs.map(({ data }) => data)).toEqual([undefined, [0, 4, 0]]);
    expect(one.values[0]?.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);

    const fromJson = await fetch(`${url}${PATH}`, {
      method: 'POST',
      body: JSON.stringify({
        inputs: [input({ parameters: undefined, data: [...redTensor()] })],
        outputs: [{ name: 'logits', parameters: { binary_data: true } }],
      }),
    });
    expect(fromJson.headers.get('content-type')).toBe('application/octet-stream');
    expect((await decode(fromJson)).values).toEqual([[0, 4, 0]]);
  });

  it('are batches as well', async () => {
    const batch = Buffer.concat([red, new Uint8Array(red.length), red]);
    const head = {
      inputs: [input({ shape: [3, 3, SIZE, SIZE], parameters: { binary_data_size: batch.length } })],
      outputs: [{ name: 'logits', parameters: { binary_data: true } }],
    };
    const { answer, values } = await decode(await infer(head, batch));
    expect(answer.outputs[0]?.shape).toEqual([3, 3]);
    expect(values).toEqual([[0, 4, 0, 0, 0, 0, 0, 4, 0]]);
  });

  const infinite = redTensor().fill(Infinity, 7, 8);
  it.each<[string, object, Uint8Array, RegExp, Record<string, string>?]>([
    ['fewer bytes than it says', { inputs: [input()] }, red.subarray(4), /is 768, but 764 bytes follow the JSON/],
    ['more bytes than it says', { inputs: [input()] }, Buffer.concat([red, red]), /is 768, but 1536 bytes follow/],
    [
      'a size that is not that of the shape',
      { inputs: [input({ shape: [2, 3, SIZE, SIZE] })] },
      red,
      /shape \[2, 3, 8, 8\] of FP32 takes 1536 bytes, got 768/,
    ],
    ['a size that is no number', { inputs: [input({ parameters: { binary_data_size: '768' } })] }, red, /is 768, but/],
    ['a negative size', { inputs: [input({ parameters: { binary_data_size: -1 } })] }, red, /is -1, but/],
    ['data and bytes', { inputs: [input({ data: [1] })] }, red, /both data and binary_data_size/],
    ['neither data nor bytes', { inputs: [input({ parameters: {} })] }, new Uint8Array(), /neither data nor/],
    [
      'bytes that no input claims',
      { inputs: [input({ parameters: {}, data: [...redTensor()] })] },
      red,
      /768 bytes follow the JSON, but it has no binary_data_size/,
    ],
    ['another datatype', { inputs: [input({ datatype: 'FP16' })] }, red, /expected FP32 .*, got FP16/],
    ['what is not finite', { inputs: [input()] }, new Uint8Array(infinite.buffer), /element 7 is not a finite number/],
    [
      'an extension that is not there',
      { inputs: [input()], outputs: [{ name: 'logits', parameters: { classification: 2 } }] },
      red,
      /output logits: the parameter classification is not supported/,
    ],
    [
      'shared memory',
      { inputs: [input({ parameters: { shared_memory_region: 'mine', shared_memory_byte_size: 768 } })] },
      new Uint8Array(),
      /input input: the parameter shared_memory_region is not supported/,
    ],
    [
      'binary_data that is not true or false',
      { inputs: [input()], outputs: [{ name: 'logits', parameters: { binary_data: 'yes' } }] },
      red,
      /expected binary_data true or false, got yes/,
    ],
    ...['-1', '1.5', '1e2', '0x10', '', '9999999999999', '12, 12'].map(
      (length): [string, object, Uint8Array, RegExp, Record<string, string>] => [
        `the header “${length}”`,
        { inputs: [input()] },
        red,
        /inference-header-content-length/,
        { 'inference-header-content-length': length },
      ],
    ),
    [
      'a header beyond the body',
      { inputs: [input()] },
      red,
      /is 100000, but the body has \d+ bytes/,
      { 'inference-header-content-length': '100000' },
    ],
    [
      'a header that ends within the JSON',
      { inputs: [input()] },
      red,
      /the first 10 bytes are not JSON/,
      { 'inference-header-content-length': '10' },
    ],
  ])('with %s are refused in the form of the protocol', async (_what, head, tail, message, headers = {}) => {
    const response = await infer(head, tail, headers);
    const answer = (await response.json()) as { error: string };
    expect(Object.keys(answer)).toEqual(['error']);
    expect(answer.error).toMatch(message);
    expect(response.status).toBe(400);
  });
});

describe('the tensor of bytes', () => {
  const expected = { name: 'input', shape: [-1, 2], datatype: 'FP32' };
  const tensor = { name: 'input', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } };

  it('is a view where they lie on a boundary of four, else a copy', () => {
    const memory = new Uint8Array(16);
    for (const offset of [4, 5]) {
      const bytes = memory.subarray(offset, offset + 8);
      new DataView(memory.buffer).setFloat32(offset, 1.5, true);
      const { values } = readInput(tensor, bytes, expected, { maxBatch: 1 });
      expect(values[0]).toBe(1.5);
      expect(values.buffer === memory.buffer).toBe(offset === 4);
    }
  });
});

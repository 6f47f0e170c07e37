import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { classificationSchema } from '@graft/contracts';
import { createRequestIds } from '../request-id.js';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { LABELS, RED, SIZE } from '../testing/tiny-model.js';

const PIXELS = SIZE * SIZE;
/** One image: all red. */
const redInput = [...Array<number>(PIXELS).fill(1), ...Array<number>(2 * PIXELS).fill(0)];

// Others may share the machine.

describe('the HTTP interface', () => {
  let fixture: Fixture;
  let url: string;

  beforeAll(async () => {
    fixture = await createFixture();
    const target = await fixture.publish({ model: 'colours', version: 2 });
    const previous = await fixture.publish({ model: 'colours', version: 1 });
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 4, target, previous })] });
    ({ url } = await fixture.start());
    await eventually(async () => (await fetch(`${url}/v2/models/colours/versions/1`)).ok);
  });
  afterAll(() => fixture.dispose());

  const post = (path: string, body: Uint8Array | string | null, type = 'application/json'): Promise<Response> =>
    fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
  const infer = (request: object, path = '/v2/models/colours/infer'): Promise<Response> =>
    post(path, JSON.stringify(request));
  const input = (overrides: object = {}): object => ({
    name: 'input',
    shape: [1, 3, SIZE, SIZE],
    datatype: 'FP32',
    data: redInput,
    ...overrides,
  });

  it('tells of the server and its models', async () => {
    expect(await (await fetch(`${url}/v2/health/live`)).json()).toEqual({ live: true });
    expect(await (await fetch(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
    expect(await (await fetch(`${url}/v2`)).json()).toMatchObject({
      name: 'graft',
      extensions: ['model_repository', 'binary_tensor_data'],
    });
    expect(await (await fetch(`${url}/v2/models/colours`)).json()).toEqual({
      name: 'colours',
      versions: ['2', '1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input', shape: [-1, 3, SIZE, SIZE], datatype: 'FP32' }],
      outputs: [
        { name: 'logits', shape: [-1, 3], datatype: 'FP32' },
        { name: 'probabilities', shape: [-1, 3], datatype: 'FP32' },
      ],
      properties: { variant: 'fp32' },
      labels: [...LABELS],
    });
    expect(await (await fetch(`${url}/v2/models/colours/versions/1/ready`)).json()).toEqual({
      name: 'colours',
      ready: true,
    });
    expect(await (await post('/v2/repository/index', null)).json()).toEqual([
      { name: 'colours', version: '2', state: 'READY', reason: '' },
      { name: 'colours', version: '1', state: 'READY', reason: 'the previous version, kept loaded' },
    ]);
  });

  it('infers from flat and from nested data alike, on the current version or the one asked for', async () => {
    const flat = (await (await infer({ id: 'mine', inputs: [input()] })).json()) as Record<string, unknown>;
    expect(flat).toMatchObject({
      id: 'mine',
      model_name: 'colours',
      model_version: '2',
      outputs: [
        { name: 'logits', shape: [1, 3], datatype: 'FP32', data: [0, 4, 0] },
        { name: 'probabilities', shape: [1, 3], datatype: 'FP32' },
      ],
    });
    const nested = [0, 1, 2].map((channel) =>
      Array.from({ length: SIZE }, () => Array<number>(SIZE).fill(channel === 0 ? 1 : 0)),
    );
    const other = await infer(
      { inputs: [input({ shape: [2, 3, SIZE, SIZE], data: [nested, nested] })], outputs: [{ name: 'logits' }] },
      '/v2/models/colours/versions/1/infer',
    );
    expect(await other.json()).toEqual({
      model_name: 'colours',
      model_version: '1',
      outputs: [{ name: 'logits', shape: [2, 3], datatype: 'FP32', data: [4, 0, 0, 4, 0, 0] }],
    });
  });

  it.each<[string, object, number, RegExp]>([
    [
      'another shape',
      { inputs: [input({ shape: [1, SIZE, SIZE, 3] })] },
      400,
      /expected FP32 \[n, 3, 8, 8\], got FP32 \[1, 8, 8, 3\]/,
    ],
    ['another datatype', { inputs: [input({ datatype: 'INT64' })] }, 400, /got INT64/],
    ['too few numbers', { inputs: [input({ data: [1, 2] })] }, 400, /has 192 elements, got 2/],
    ['no numbers', { inputs: [input({ data: redInput.map(String) })] }, 400, /element 0 is not a number/],
    [
      'numbers beyond float32',
      { inputs: [input({ data: redInput.map(() => 1e300) })] },
      400,
      /not a number of float32/,
    ],
    ['ragged data', { inputs: [input({ data: [[[[1]]]] })] }, 400, /expected 3 elements on axis 1, got 1/],
    ['another input', { inputs: [input({ name: 'image' })] }, 400, /expected one input, input; got image/],
    ['another output', { inputs: [input()], outputs: [{ name: 'features' }] }, 400, /no output features/],
    ['too many images', { inputs: [input({ shape: [33, 3, SIZE, SIZE], data: [] })] }, 400, /expected 1 to 32 images/],
    ['no image', { inputs: [input({ shape: [0, 3, SIZE, SIZE], data: [] })] }, 400, /expected 1 to 32 images/],
    ['no inputs', { inputs: [] }, 400, /body.inputs/],
  ])('refuses %s', async (_what, request, status, message) => {
    const response = await infer(request);
    const answer = (await response.json()) as { error: string };
    expect(Object.keys(answer)).toEqual(['error']);
    expect(answer.error).toMatch(message);
    expect(response.status).toBe(status);
  });

  it('answers with the protocol’s error form for what is not JSON, not there, or not supported', async () => {
    for (const [response, status] of [
      [await post('/v2/models/colours/infer', '{"inputs":'), 400],
      [await infer({ inputs: [input()] }, '/v2/models/nothing/infer'), 404],
      [await infer({ inputs: [input()] }, '/v2/models/colours/versions/7/infer'), 404],
      [await infer({ inputs: [input()] }, '/v2/models/colours/versions/x/infer'), 404],
      [await fetch(`${url}/v2/models/nothing/ready`), 404],
      [
        await fetch(`${url}/v2/models/colours/infer`, {
          method: 'POST',
          body: '{}',
          headers: { 'inference-header-content-length': '2' },
        }),
        400,
      ],
    ] as const) {
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ error: expect.any(String) as unknown });
    }
  });

  it('classifies an image, with an id that says what answered', async () => {
    const before = Date.now();
    const response = await post('/v1/models/colours:classify', RED, 'image/png');
    expect(response.status).toBe(200);
    const answer = classificationSchema.parse(await response.json());
    expect(answer).toMatchObject({ model: 'colours', version: 2, variant: 'fp32', generation: 4 });
    expect(answer.classes.map(({ label }) => label)).toEqual(['green', 'red', 'blue']);
    expect(answer.classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    const payload = createRequestIds('a-token-of-the-tests').verify(answer.requestId);
    expect(payload).toMatchObject({ model: 'colours', version: 2, epoch: 1, generation: 4, classIndex: 1 });
    expect(payload.at).toBeGreaterThanOrEqual(before);
    const best = await post('/v1/models/colours:classify?top=1', RED, 'application/octet-stream');
    expect(classificationSchema.parse(await best.json()).classes).toHaveLength(1);
  });

  it.each<[string, Uint8Array | string, string, number, string]>([
    ['a broken image', RED.subarray(0, 40), 'image/png', 422, 'broken_image'],
    ['a text that calls itself an image', 'hello', 'image/jpeg', 422, 'unsupported_format'],
    ['a GIF', 'GIF89a\u0001\u0000\u0001\u0000', 'image/gif', 422, 'unsupported_format'],
  ])('says why it does not take %s', async (_what, body, type, status, reason) => {
    const response = await post('/v1/models/colours:classify', body, type);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'image_unfit', details: { reason } });
  });

  it('refuses a body that is empty, too large, of another type, or for no model', async () => {
    const status = async (response: Promise<Response>): Promise<[number, string]> => {
      const { status: code, ...rest } = await response;
      void rest;
      return [code, ((await (await response).json()) as { code: string }).code];
    };
    const path = '/v1/models/colours:classify';
    expect(await status(post(path, new Uint8Array(100_001), 'image/png'))).toEqual([413, 'too_large']);
    expect(await status(post(path, RED, 'application/x-www-form-urlencoded'))).toEqual([400, 'invalid_request']);
    expect((await post(path, new Uint8Array(), 'image/png')).status).toBe(422);
    expect((await fetch(`${url}${path}`, { method: 'POST' })).status).toBe(400);
    expect(await status(post('/v1/models/nothing:classify', RED, 'image/png'))).toEqual([404, 'not_found']);
    expect((await post(`${path}?top=0`, RED, 'image/png')).status).toBe(400);
    expect(await status(fetch(`${url}/v1/elsewhere`))).toEqual([404, 'not_found']);
  });

  it('describes itself and counts', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: object;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v2/models/{model}/infer', '/v2/health/ready', '/v1/models/{model}:classify']),
    );
    const {
      components: { schemas },
    } = document;
    expect(JSON.stringify(schemas['InferenceRequestInput'] ?? schemas['InferenceRequest'])).toContain(
      '"data":{"type":"array","items":{}}',
    );
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/graft_serving_generation\{model="colours",service="serving"\} 4/);
    expect(metrics).toMatch(/graft_serving_requests_total\{[^}]*status="200",model="colours",version="2"[^}]*\} \d/);
    expect(metrics).toMatch(/graft_serving_batch_size_count\{[^}]*model="colours"/);
    expect(metrics).not.toContain('model="nothing"');
  });
});

describe('a full replica', () => {
  it('answers 429 with Retry-After, and serves again', async () => {
    const fixture = await createFixture();
    try {
      const target = await fixture.publish({ model: 'colours', version: 1 });
      fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 1, target })] });
      const { url } = await fixture.start({ decoders: 1, batching: { maxBatch: 1, maxDelayMs: 0, maxQueue: 1 } });
      await eventually(async () => (await fetch(`${url}/v2/health/ready`)).ok);
      await eventually(async () => (await fetch(`${url}/v2/models/colours/ready`)).ok);
      const classify = (): Promise<Response> =>
        fetch(`${url}/v1/models/colours:classify`, {
          method: 'POST',
          body: RED,
          headers: { 'content-type': 'image/png' },
        });
      const responses = await Promise.all(Array.from({ length: 20 }, classify));
      const refused = responses.filter(({ status }) => status === 429);
      expect(responses.map(({ status }) => status).filter((status) => status !== 429 && status !== 200)).toEqual([]);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]?.headers.get('retry-after')).toBe('1');
      expect((await classify()).status).toBe(200);
    } finally {
      await fixture.dispose();
    }
  });
});

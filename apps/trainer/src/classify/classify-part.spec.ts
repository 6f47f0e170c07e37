import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  bulkAnswerSchema,
  bulkClassificationSchema,
  digestOfBytes,
  type BulkAnswer,
  type ModelVersion,
  type Preprocessing,
} from '@graft/contracts';
import { encodeOnnx } from '@graft/models';
import { createLogger } from '@graft/platform';
import sharp from 'sharp';
import { createFixture, type Fixture } from '../testing/fixture.js';
import { createClassifyPart } from './classify-part.js';

const SIDE = 16;
const PREPROCESSING: Preprocessing = {
  ...{ schemaVersion: 'preprocessing.v1', inputSize: SIDE, cropShare: 1, interpolation: 'bilinear' },
  ...{ mean: [0, 0, 0], std: [25, 25, 25] },
};
const LABELS = ['red', 'green', 'blue'];

/** Which colour is strongest. */
const colours = (): Uint8Array =>
  encodeOnnx({
    graphName: 'colours',
    inputs: [{ name: 'input', shape: ['n', 3, SIDE, SIDE] }],
    outputs: [{ name: 'probabilities', shape: ['n', 3] }],
    nodes: [
      { name: 'pool', operator: 'GlobalAveragePool', inputs: ['input'], outputs: ['pooled'], attributes: {} },
      { name: 'flat', operator: 'Flatten', inputs: ['pooled'], outputs: ['logits'], attributes: {} },
      { name: 'soft', operator: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: {} },
    ],
    ...{ initializers: [], metadata: {} },
  });

const png = (r: number, g: number, b: number): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 20, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

const NONE = { parts: 0, objects: 0, unfit: 0 };

describe('the next objects of a prefix', () => {
  let fixture: Fixture;
  const classifyPart = (most: number, signal = new AbortController().signal) =>
    createClassifyPart(
      {
        ...{ registry: fixture.registry.port, bucket: fixture.bucket, runtimes: fixture.runtimes },
        logger: createLogger({ service: 'test', level: 'silent' }),
        scope: () => ({ scheduledMs: 0, signal, heartbeat: () => undefined }),
      },
      most,
    );
  const part = async (name: string): Promise<BulkAnswer[]> => {
    const object = await fixture.bucket('answers').get(`colours/${name}`);
    const text = new TextDecoder().decode(object?.bytes);
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => bulkAnswerSchema.parse(JSON.parse(line)));
  };

  beforeEach(async () => {
    fixture = createFixture();
    const artifactDigest = await fixture.blobs.put(colours());
    fixture.registry.addVersion({
      ...{ model: 'colours', version: 1, signature: { labels: LABELS, preprocessing: PREPROCESSING } },
    } as unknown as ModelVersion);
    fixture.registry.bulks.set(
      'bulk-1',
      bulkClassificationSchema.parse({
        ...{ id: 'bulk-1', model: 'colours', version: 1, variant: 'fp32', artifactDigest, top: 2, state: 'running' },
        ...{ source: 's3://photos/new/', target: 's3://answers/colours/', total: 5, ...NONE, error: null, by: 'ada' },
        ...{ createdAt: '2026-01-01T00:00:00Z', finishedAt: null },
      }),
    );
    const photos = fixture.bucket('photos');
    await photos.put('new/1 red.png', await png(250, 10, 10));
    await photos.put('new/2 blue.png', await png(10, 10, 250));
    await photos.put('new/3 broken.png', (await png(1, 1, 1)).subarray(0, 40));
    await photos.put('new/4 notes.txt', new TextEncoder().encode('not a picture'));
    await photos.put('new/5 green.png', await png(10, 250, 10));
    await photos.put('old/red.png', await png(250, 10, 10));
  });

  it('are answered in their order, each by its bytes; what is no image has the reason', async () => {
    const done = await classifyPart(512)({ bulkId: 'bulk-1', after: '', counts: NONE });
    expect(done).toEqual({ counts: { parts: 1, objects: 5, unfit: 2 }, after: null });
    const answers = await part('part-00000.jsonl');
    expect(answers.map(({ key }) => key)).toEqual([
      ...['new/1 red.png', 'new/2 blue.png', 'new/3 broken.png', 'new/4 notes.txt', 'new/5 green.png'],
    ]);
    expect(answers.map(({ error, classes }) => error?.code ?? classes[0]?.label)).toEqual([
      ...['red', 'blue', 'image_unfit', 'image_unfit', 'green'],
    ]);
    const [red] = answers;
    expect(red).toMatchObject({ sha256: digestOfBytes(await png(250, 10, 10)), etag: expect.stringMatching(/./) });
    expect(red?.classes).toHaveLength(2);
    expect(fixture.registry.bulks.get('bulk-1')).toMatchObject({ state: 'running', parts: 1, objects: 5, unfit: 2 });
  });

  it('go on after the last, part by part, and come out the same whoever does a part again', async () => {
    let [counts, after]: [typeof NONE, string | null] = [NONE, ''];
    while (after !== null) {
      const input = { bulkId: 'bulk-1', after, counts };
      const first = await classifyPart(2)(input);
      const written = await part(`part-0000${counts.parts}.jsonl`);
      expect(await classifyPart(2)(input)).toEqual(first);
      expect(await part(`part-0000${counts.parts}.jsonl`)).toEqual(written);
      ({ counts, after } = first);
    }
    expect(counts).toEqual({ parts: 3, objects: 5, unfit: 2 });
    const keys = (await Promise.all([0, 1, 2].map((at) => part(`part-0000${at}.jsonl`)))).flat().map(({ key }) => key);
    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(5);
  });

  it('are left alone once it is called off', async () => {
    const bulk = fixture.registry.bulks.get('bulk-1');
    if (bulk) fixture.registry.bulks.set('bulk-1', { ...bulk, state: 'cancelled' });
    const input = { bulkId: 'bulk-1', after: '', counts: NONE };
    expect(await classifyPart(512)(input)).toEqual({ counts: NONE, after: null });
    expect(await fixture.bucket('answers').get('colours/part-00000.jsonl')).toBeNull();
  });

  it('write nothing where the store is away for one of them: the part is done again', async () => {
    const away = Object.assign(new Error('away'), { code: 'unavailable' });
    const photos = fixture.bucket('photos');
    const get = photos.get.bind(photos);
    photos.get = async (key, options) => {
      if (key.includes('5')) throw away;
      return get(key, options);
    };
    await expect(classifyPart(512)({ bulkId: 'bulk-1', after: '', counts: NONE })).rejects.toThrow('away');
    expect(await fixture.bucket('answers').get('colours/part-00000.jsonl')).toBeNull();
  });
});

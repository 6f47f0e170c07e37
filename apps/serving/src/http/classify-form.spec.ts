import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fixture } from '../testing/fixture.js';
import { serveColours } from '../testing/serve-colours.js';
import { GREEN, RED } from '../testing/tiny-model.js';
import { classificationsSchema, type Classifications } from './classify-form.js';

const PATH = '/v1/models/colours:classify';

describe('a form of several images', () => {
  let fixture: Fixture;
  let url: string;
  beforeAll(async () => {
    ({ fixture, url } = await serveColours());
  });
  afterAll(() => fixture.dispose());

  const formOf = (parts: readonly (readonly [string, Uint8Array | string])[]): FormData => {
    const form = new FormData();
    for (const [field, bytes] of parts) form.append(field, new Blob([bytes]), `${field}.png`);
    return form;
  };
  const post = (body: FormData, query = ''): Promise<Response> =>
    fetch(`${url}${PATH}${query}`, { method: 'POST', body });
  const refusal = async (response: Response | Promise<Response>): Promise<[number, string, string]> => {
    const answer = await response;
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return [answer.status, code, detail];
  };
  const labelsOf = ({ results }: Classifications): string[] =>
    results.map((one) => ('error' in one ? one.error.code : (one.classification.classes[0]?.label ?? '')));

  it('is answered in its order, by one version, with the field of each', async () => {
    const response = await post(
      formOf([
        ['a', RED],
        ['b', GREEN],
        ['a', RED],
      ]),
      '?top=1',
    );
    expect(response.status).toBe(200);
    const answer = classificationsSchema.parse(await response.json());
    expect(answer.results.map(({ field }) => field)).toEqual(['a', 'b', 'a']);
    expect(labelsOf(answer)).toEqual(['green', 'blue', 'green']);
    for (const one of answer.results) {
      expect(one).toMatchObject({ classification: { model: 'colours', version: 2, generation: 4 } });
    }
  });

  it('tells of an image that is unfit in its place, and answers the others', async () => {
    const answer = classificationsSchema.parse(
      await (
        await post(
          formOf([
            ['a', RED],
            ['b', 'no image'],
            ['c', RED.subarray(0, 40)],
            ['d', GREEN],
          ]),
        )
      ).json(),
    );
    expect(labelsOf(answer)).toEqual(['green', 'image_unfit', 'image_unfit', 'blue']);
    expect(answer.results[1]).toMatchObject({
      field: 'b',
      error: { status: 422, code: 'image_unfit', details: { reason: 'unsupported_format' } },
    });
  });

  it.each([
    ['file name', '; name="plain"', 'plain'],
    ['name', '', ''],
  ])('takes parts that have no %s as images, too', async (_what, rest, field) => {
    const body = Buffer.concat([
      Buffer.from(`--x\r\ncontent-disposition: form-data${rest}\r\n\r\n`),
      RED,
      Buffer.from('\r\n--x--\r\n'),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const response = await fetch(`${url}${PATH}`, { method: 'POST', body, headers });
    const answer = classificationsSchema.parse(await response.json());
    expect(labelsOf(answer)).toEqual(['green']);
    expect(answer.results[0]?.field).toBe(field);
  });

  it('is refused as a whole when it has no image, too many, one that is too large, or is for no model', async () => {
    expect(await refusal(post(formOf([])))).toEqual([400, 'invalid_request', expect.stringMatching(/form/)]);
    expect(await refusal(post(formOf(Array.from({ length: 33 }, () => ['a', RED] as const))))).toEqual([
      400,
      'invalid_request',
      'more than 32 images in one request',
    ]);
    expect(
      await refusal(
        post(
          formOf([
            ['a', RED],
            ['b', new Uint8Array(100_001)],
          ]),
        ),
      ),
    ).toEqual([413, 'too_large', expect.stringMatching(/field b \(image 2\) is more than the 100000 bytes/)]);
    const nowhere = fetch(`${url}/v1/models/nothing:classify`, { method: 'POST', body: formOf([['a', RED]]) });
    expect(await refusal(nowhere)).toEqual([404, 'not_found', expect.stringMatching(/no model nothing/)]);
  });

  it.each([
    ['no boundary', 'multipart/form-data', 'anything'],
    ['no end', 'multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nabc'],
    ['nothing of the form', 'multipart/form-data; boundary=x', 'abc'],
    ['no body', 'multipart/form-data; boundary=x', ''],
    ['a part without a name or headers', 'multipart/form-data; boundary=x', '--x\r\n\r\nabc\r\n--x--\r\n'],
  ])('is refused where it has %s', async (_what, type, body) => {
    const response = fetch(`${url}${PATH}`, { method: 'POST', body, headers: { 'content-type': type } });
    expect(await refusal(response)).toEqual([400, 'invalid_request', expect.any(String)]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorld } from '../testing/activity-world.js';
import { parseLandingEvents, startLandingWebhook, type LandingWebhook } from './landing-webhook.js';

const TOKEN = 'a token of some length';
const event = (key: string, eventName = 's3:ObjectCreated:Put', bucket = 'landing'): object => ({
  eventName,
  s3: { bucket: { name: bucket }, object: { key, size: 3 } },
});
const body = (...records: object[]): string => JSON.stringify({ EventName: 's3:ObjectCreated:Put', Records: records });

describe('parseLandingEvents', () => {
  it('reads keys as events write them: of MinIO and of S3, URL-encoded', () => {
    const text = body(
      event('flowers%2Frose%2Fa+b%2B1.png'),
      event('fl%C3%B6wers/x.png', 'ObjectCreated:CompleteMultipartUpload'),
      event('flowers/gone.png', 's3:ObjectRemoved:Delete'),
      event('flowers/other.png', 's3:ObjectCreated:Put', 'artifacts'),
    );
    expect(parseLandingEvents(text, 'landing')).toEqual(['flowers/rose/a b+1.png', 'flöwers/x.png']);
  });

  it.each([
    ['no JSON', 'the body is no JSON'],
    ['{}', 'Records'],
    [body({ eventName: 's3:ObjectCreated:Put' }), 'Records.0.s3'],
    [body(event('%E0%A4%A')), 'no URL-encoded key'],
  ])('refuses %s', (text, why) => {
    expect(() => parseLandingEvents(text, 'landing')).toThrow(why);
  });
});

describe('the webhook', () => {
  let webhook: LandingWebhook;
  const landed: string[] = [];
  beforeEach(async () => {
    landed.length = 0;
    webhook = await startLandingWebhook({
      ...{ port: 0, token: TOKEN, bucket: 'landing', maxBytes: 2000, logger: createWorld().logger },
      gatherer: { landed: (key) => void landed.push(key) },
    });
  });
  afterEach(() => webhook.close());

  const post = (text: string, authorization?: string, url = webhook.url): Promise<Response> =>
    fetch(url, { method: 'POST', body: text, headers: authorization === undefined ? {} : { authorization } });

  it('takes what bears its token, with the scheme or without', async () => {
    const answer = await post(body(event('flowers/rose/1.png')), `Bearer ${TOKEN}`);
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 1 }]);
    expect((await post(body(event('flowers/rose/2.png')), TOKEN)).status).toBe(200);
    expect(landed).toEqual(['flowers/rose/1.png', 'flowers/rose/2.png']);
    expect((await fetch(webhook.url, { method: 'HEAD' })).status).toBe(200);
  });

  it.each([[undefined], ['Bearer another token of length'], ['Bearer '], ['Basic abc']])(
    'refuses the token of %s, and looks at nothing',
    async (authorization) => {
      expect((await post(body(event('flowers/rose/1.png')), authorization)).status).toBe(401);
      expect(landed).toEqual([]);
    },
  );

  it('refuses what is malformed or too large, takes none of it, and goes on', async () => {
    const malformed = await post('{"Records": [', `Bearer ${TOKEN}`);
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({ code: 'invalid_request', detail: 'the body is no JSON' });
    const half = body(event('flowers/rose/1.png'), event('%'));
    expect((await post(half, `Bearer ${TOKEN}`)).status).toBe(400);
    expect((await post('x'.repeat(5000), `Bearer ${TOKEN}`)).status).toBe(400);
    expect((await post(body(), `Bearer ${TOKEN}`, `${webhook.url}/x`)).status).toBe(404);
    expect(landed).toEqual([]);
    expect((await post(body(event('flowers/rose/1.png')), `Bearer ${TOKEN}`)).status).toBe(200);
  });
});

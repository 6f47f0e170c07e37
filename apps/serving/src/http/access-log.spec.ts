import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@graft/platform';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { RED } from '../testing/tiny-model.js';

describe('the access log', () => {
  const lines: string[] = [];
  let fixture: Fixture;
  let url: string;
  beforeAll(async () => {
    fixture = await createFixture();
    const target = await fixture.publish({ model: 'colours', version: 2 });
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 4, target })] });
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    ({ url } = await fixture.start({ logger: createLogger({ service: 'serving', level: 'info', destination }) }));
    await eventually(async () => (await fetch(`${url}/v2/health/ready`)).ok);
  });
  afterAll(() => fixture.dispose());

  /** But for the probes of the start, which are told of while they fail. */
  const accesses = (): Record<string, unknown>[] =>
    lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg, route }) => msg === 'access' && route !== '/v2/health/ready');

  it('has one line for a request: what answered it and how, and neither image, token nor request id', async () => {
    const answered = await fetch(`${url}/v1/models/colours:classify`, {
      ...{ method: 'POST', body: RED },
      headers: { 'content-type': 'image/png', authorization: 'Bearer a-secret' },
    });
    const { requestId } = (await answered.json()) as { requestId: string };
    await eventually(() => accesses().length > 0);
    expect(accesses()).toMatchObject([
      {
        ...{ level: 'info', method: 'POST', route: '/v1/models/:model:classify', status: 200 },
        ...{
          model: 'colours',
          version: 2,
          generation: 4,
          bytes: RED.length,
          milliseconds: expect.any(Number) as unknown,
        },
      },
    ]);
    for (const secret of ['a-secret', requestId, 'a-token-of-the-tests', Buffer.from(RED).toString('base64')]) {
      expect(lines.join('')).not.toContain(secret);
    }
  });
});

/** Against a collector that is played here: what it is sent is what is looked at. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { RED } from '../testing/tiny-model.js';
import { startTracing, type Tracing } from './start-tracing.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: object }[];
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';

describe('traces', () => {
  const sent: Export[] = [];
  let collector: Server;
  let fixture: Fixture;
  let tracing: Tracing | null;
  let url: string;

  beforeAll(async () => {
    collector = createServer((request, response) => {
      void json(request).then((body) => {
        if (request.url === '/v1/traces') sent.push(body as Export);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    tracing = await startTracing({ endpoint: `http://127.0.0.1:${port}/` });
    fixture = await createFixture();
    const target = await fixture.publish({ model: 'colours', version: 2 });
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 4, target })] });
    ({ url } = await fixture.start());
    await eventually(async () => (await fetch(`${url}/v2/health/ready`)).ok);
  });
  afterAll(async () => {
    await fixture.dispose();
    await new Promise((resolve) => collector.close(resolve));
  });

  it('tell of decode, queue and run, under the span that the client’s traceparent names', async () => {
    const answered = await fetch(`${url}/v1/models/colours:classify`, {
      ...{ method: 'POST', body: RED },
      headers: { 'content-type': 'image/png', traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01` },
    });
    expect(answered.status).toBe(200);
    await answered.arrayBuffer();
    await eventually(() => fixture.registry.reports.length > 0);
    await tracing?.stop();
    const spans = sent.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );
    expect(spans.map(({ name }) => name).sort()).toEqual([
      ...['POST /v1/models/:model:classify', 'decode', 'queue', 'run'],
    ]);
    const server = spans.find(({ name }) => name.startsWith('POST'));
    expect(server).toMatchObject({ traceId: TRACE_ID, parentSpanId: CLIENT_SPAN });
    const attributes = Object.fromEntries((server?.attributes ?? []).map(({ key, value }) => [key, value]));
    expect(attributes).toMatchObject({
      'http.response.status_code': { intValue: 200 },
      'graft.model': { stringValue: 'colours' },
      'graft.version': { intValue: 2 },
    });
    const steps = ['decode', 'queue', 'run'].map((name) => spans.find((span) => span.name === name));
    for (const step of steps) expect(step).toMatchObject({ traceId: TRACE_ID, parentSpanId: server?.spanId });
    const [decode, queue, run] = steps.map((step) => ({
      from: BigInt(step?.startTimeUnixNano ?? 0),
      to: BigInt(step?.endTimeUnixNano ?? 0),
    }));
    expect(queue?.to).toBe(run?.from);
    for (const step of [decode, queue, run]) expect((step?.to ?? 0n) >= (step?.from ?? 0n)).toBe(true);
    expect(sent[0]?.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'graft-serving' },
    });
  });
});

describe('without a collector', () => {
  it('nothing is started', async () => {
    expect(await startTracing({ endpoint: undefined })).toBeNull();
  });
});

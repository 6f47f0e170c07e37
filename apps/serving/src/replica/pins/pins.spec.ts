/** A replica that is set by hand while the registry is away: what it answers, what it refuses, what outlasts it, and what ends it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey } from '@graft/artifacts';
import { pinRecordSchema, type Classification, type NewPin, type PinRecord, type Servable } from '@graft/contracts';
import { installationOf } from '../../request-id.js';
import { deploymentOf } from '../../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../../testing/fixture.js';
import { createTinyVersion, RED } from '../../testing/tiny-model.js';

const TOKEN = 'a-token-of-the-tests';
const BY_ANN = { by: 'ann', reason: 'version 3 sees no red' };

const classify = async (url: string): Promise<Classification> => {
  const response = await fetch(`${url}/v1/models/colours:classify`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: RED,
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Classification;
};

const ask = async (
  url: string,
  method: string,
  body: object | null,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` },
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const pin = (url: string, fields: Partial<NewPin> = {}) =>
  ask(`${url}/v1/pins/colours`, 'PUT', { version: 1, ...BY_ANN, ...fields });
const unpin = (url: string) => ask(`${url}/v1/pins/colours`, 'DELETE', { by: 'bob', reason: 'it was the camera' });

describe('a replica that serves version 3, had 1 and 2 before, and lost its registry', () => {
  let fixture: Fixture;
  let one: Servable;
  let two: Servable;
  let three: Servable;
  let url: string;
  let close: () => Promise<void>;

  const deploy = (generation: number, target: Servable, previous: Servable | null = null): void => {
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation, target, previous })] });
    fixture.registry.tell('deployment');
  };
  const lastReport = () => fixture.registry.reports.at(-1);
  const reachesGeneration = (generation: number): Promise<void> =>
    eventually(() => lastReport()?.serving[0]?.generation === generation);
  const records = async (): Promise<PinRecord[]> => {
    const file = join(fixture.cacheFolder, 'pins', installationOf(TOKEN), 'production.records.jsonl');
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    return lines.map((line) => pinRecordSchema.parse(JSON.parse(line)));
  };
  const restart = async (): Promise<void> => {
    await close();
    const serving = await fixture.start({ leaseSeconds: 0.1 });
    ({ url, close } = serving);
  };

  beforeEach(async () => {
    fixture = await createFixture();
    [one, two, three] = [
      await fixture.publish({ model: 'colours', version: 1 }),
      await fixture.publish({ model: 'colours', version: 2 }),
      await fixture.publish({ model: 'colours', version: 3 }),
    ];
    deploy(1, one);
    ({ url, close } = await fixture.start({ leaseSeconds: 0.1 }));
    await reachesGeneration(1);
    deploy(2, two, one);
    await reachesGeneration(2);
    deploy(3, three, two);
    await reachesGeneration(3);
    fixture.registry.away = true;
  });
  afterEach(() => fixture.dispose());

  it('answers with the version that it is pinned to, says so, and goes back when it is unpinned', async () => {
    const pinned = await pin(url);
    expect(pinned).toMatchObject({
      status: 200,
      body: { model: 'colours', version: 1, over: { version: 3 }, ...BY_ANN },
    });
    expect(await classify(url)).toMatchObject({ version: 1, generation: 3, classes: [{ label: 'red' }, {}, {}] });

    const metadata = await ask(`${url}/v2/models/colours`, 'GET', null, {});
    expect(metadata.body['properties']).toMatchObject({ pinned: expect.stringContaining(BY_ANN.reason) });
    const index = await (await fetch(`${url}/v2/repository/index`, { method: 'POST' })).json();
    expect(index).toContainEqual(
      expect.objectContaining({
        version: '1',
        reason: expect.stringContaining('pinned by hand to version 1 (fp32) by ann'),
      }),
    );
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/graft_serving_pinned\{model="colours".*\} 1/);
    expect((await ask(`${url}/v1/pins`, 'GET', null)).body).toMatchObject({ pins: [{ version: 1 }] });

    expect(await unpin(url)).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await classify(url)).toMatchObject({ version: 3, generation: 3 });
    expect((await records()).map(({ act, by }) => [act, by])).toEqual([
      ['pinned', 'ann'],
      ['unpinned', 'bob'],
    ]);
    expect(await unpin(url)).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('not pinned here') },
    });
  });

  it('tells the registry when it answers again, and stays pinned while the ledger says what it said', async () => {
    await pin(url);
    fixture.registry.away = false;
    await eventually(() => lastReport()?.pins?.length === 1);
    expect(lastReport()).toMatchObject({
      serving: [{ generation: 3, version: 1, artifactDigest: one.artifactDigest }],
      pins: [{ version: 1, over: { generation: 3 }, ...BY_ANN }],
      problems: [{ model: 'colours', message: expect.stringContaining('pinned by hand to version 1') }],
    });
    // A row that keeps the champion: a canary begins.
    deploy(4, three, two);
    const seen = fixture.registry.reports.length;
    await eventually(() => fixture.registry.reports.length > seen + 1);
    expect(await classify(url)).toMatchObject({ version: 1 });
  });

  it('follows the ledger again as soon as that says another version, and answers with nothing in between', async () => {
    await pin(url);
    fixture.registry.away = false;
    deploy(4, two, three);
    const versions = new Set<number>();
    await eventually(async () => {
      const { version, generation } = await classify(url);
      versions.add(version);
      return generation === 4;
    });
    expect([...versions].filter((version) => ![1, 2].includes(version))).toEqual([]);
    await eventually(() => lastReport()?.pins?.length === 0 && lastReport()?.problems.length === 0);
    await eventually(async () => (await records()).length === 2);
    expect((await records()).at(-1)).toMatchObject({
      ...{ act: 'superseded', by: 'graft', reason: 'generation 4 of the ledger says version 2' },
    });
  });

  it('stays pinned when it is started again, and never answers with what it was pinned away from', async () => {
    await pin(url);
    await restart();
    const answers = new Set<string>();
    await eventually(async () => {
      const response = await fetch(`${url}/v1/models/colours:classify`, {
        ...{ method: 'POST', headers: { 'content-type': 'image/png' }, body: RED },
      });
      const { version } = (await response.json()) as { version?: number };
      answers.add(`${response.status} ${version ?? 'none'}`);
      return (await fetch(`${url}/v2/models/colours/versions/1`)).ok && (await fetch(`${url}/v2/health/ready`)).ok;
    });
    expect(await classify(url)).toMatchObject({ version: 1, generation: 3 });
    expect(answers.has('200 3')).toBe(false);
    await unpin(url);
    await eventually(async () => (await classify(url)).version === 3);
  });

  it('takes bytes that its disk has lost from the bucket, and refuses those that are damaged in both', async () => {
    const file = join(fixture.cacheFolder, contentKey(one.artifactDigest));
    const startWithoutFile = async (): Promise<void> => {
      await restart();
      await eventually(async () => (await fetch(`${url}/v2/models/colours`)).ok);
      await rm(file);
    };
    await startWithoutFile();
    expect(await pin(url)).toMatchObject({ status: 200 });
    await unpin(url);
    await startWithoutFile();
    await fixture.objects.put(contentKey(one.artifactDigest), new TextEncoder().encode('something else'));
    const refused = await pin(url);
    expect(refused.status).toBe(502);
    expect(refused.body['detail']).toContain('version 1 of colours is not pinned');
    expect(await classify(url)).toMatchObject({ version: 3 });
    expect((await ask(`${url}/v1/pins`, 'GET', null)).body).toMatchObject({ pins: [] });
  });

  it('refuses a version whose golden outputs differ here', async () => {
    const made = await createTinyVersion({ turn: 0, scale: 9 });
    const bytes = new TextEncoder().encode(JSON.stringify({ ...made.golden, artifactDigest: one.artifactDigest }));
    const goldenDigest = await fixture.blobs.put(bytes);
    const [installation = ''] = await readdir(join(fixture.cacheFolder, 'servables'));
    const file = join(fixture.cacheFolder, 'servables', installation, 'colours/1.json');
    await writeFile(file, JSON.stringify({ ...one, goldenDigest }));
    const refused = await pin(url);
    expect(refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining('probabilities differ') } });
    expect(await classify(url)).toMatchObject({ version: 3 });
  });

  it('ends by itself when it was to', async () => {
    await pin(url, { until: new Date(Date.now() + 1_500).toISOString() });
    expect(await classify(url)).toMatchObject({ version: 1 });
    await eventually(async () => (await classify(url)).version === 3);
    await eventually(async () => (await records()).at(-1)?.act === 'expired');
  });

  it('refuses a version that it never had, a model that it does not know, and a moment that is past', async () => {
    expect(await pin(url, { version: 7 })).toMatchObject({
      ...{ status: 404, body: { detail: expect.stringContaining('loaded before: 1, 2, 3') } },
    });
    const unknown = await ask(`${url}/v1/pins/shapes`, 'PUT', { version: 1, ...BY_ANN });
    expect(unknown).toMatchObject({ status: 404, body: { detail: expect.stringContaining('no model shapes') } });
    expect(await pin(url, { until: '2020-01-01T00:00:00.000Z' })).toMatchObject({ status: 400 });
    expect(await pin(url, { reason: ' ' })).toMatchObject({ status: 400 });
  });

  it('refuses while the registry answers, and says what to do instead', async () => {
    fixture.registry.away = false;
    const refused = await pin(url);
    expect(refused).toMatchObject({
      ...{ status: 422, body: { detail: expect.stringContaining('./graft rollback colours --to 1') } },
    });
    expect(await classify(url)).toMatchObject({ version: 3 });
  });

  it('takes it from nobody without its token, nor through a proxy', async () => {
    const path = `${url}/v1/pins/colours`;
    const body = { version: 1, ...BY_ANN };
    const strangers: Record<string, string>[] = [{}, { authorization: 'Bearer something-else' }];
    for (const headers of strangers) expect(await ask(path, 'PUT', body, headers)).toMatchObject({ status: 401 });
    const through = { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '203.0.113.7' };
    expect(await ask(path, 'PUT', body, through)).toMatchObject({ status: 403 });
    expect(await ask(`${url}/v1/pins`, 'GET', null, {})).toMatchObject({ status: 401 });
    expect(await classify(url)).toMatchObject({ version: 3 });
  });
});

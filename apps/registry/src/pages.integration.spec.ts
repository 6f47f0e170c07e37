/** Lists by pages: every list of the API, whatever it is of. */
import { createMemoryStore, writeLandingTail } from '@graft/artifacts';
import { selectionRequestSchema } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readDescribedApi, type DescribedOperation } from './testing/described-api.js';
import { createWorkshop, datasetVersion, replicaReport } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const artifacts = createMemoryStore();
let registry: TestRegistry;
let admin: Registry;
let lists: readonly DescribedOperation[];

const pageSchema = z.object({ items: z.array(z.unknown()), next: z.string().nullable() });
type Page = z.output<typeof pageSchema>;

const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(registry.url() + path, { headers: { authorization: 'Bearer token-of-admin' } });
  return { status: response.status, body: await response.json() };
};
const page = async (path: string, query: Readonly<Record<string, string | number>>): Promise<Page> => {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const { status, body } = await ask(`${path}?${search.toString()}`);
  expect({ path, status, body: status === 200 ? null : body }).toEqual({ path, status: 200, body: null });
  return pageSchema.parse(body);
};
/** The items of a list, page by page to its end, with something done between two pages. */
const read = async (path: string, limit: number, between: () => Promise<unknown> = async () => null) => {
  const items: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') await between();
    const { items: found, next }: Page = await page(path, { limit, ...(cursor === '' ? {} : { cursor }) });
    expect(found.length).toBeLessThanOrEqual(limit);
    items.push(...found);
    cursor = next;
  }
  return items;
};

let parameters: Readonly<Record<string, string>>;
const pathOf = ({ path }: DescribedOperation): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? 'none'));

/** Makes some of everything that is listed. */
const fill = async (): Promise<void> => {
  const shop = await createWorkshop(admin, 'many');
  const dataset = shop.pipeline.pipeline.data.dataset;
  let parent = shop.datasetVersion.id;
  for (const number of [2, 3]) {
    ({ id: parent } = await admin.createDatasetVersion(datasetVersion(dataset, number, parent)));
  }
  for (const i of [1, 2, 3]) {
    await shop.ship();
    await (await createWorkshop(admin, `waiting-${i}`)).register();
    await admin.createCorrection(dataset, { reason: 'r', actions: [{ action: 'remove', images: ['k'] }] });
    const leftOut = {
      key: `${dataset}/${i}.txt`,
      etag: 'e',
      sha256: null,
      reason: 'not_an_image' as const,
      detail: 'd',
    };
    await writeLandingTail(artifacts, { dataset, looked: [], quarantine: [leftOut] });
    await admin.openIngestion({ id: `ingest/${i}`, dataset, objects: 1, corrections: 0 });
    await admin.freeze({ environment: `place-${i}`, reason: 'r' });
    // A lease that outlives the test: whether it has ended is told by the clock.
    await admin.reportReplica(`replica-${i}`, replicaReport({ leaseSeconds: 300 }));
    await admin.requestSelection(
      selectionRequestSchema.parse({
        ...{ schemaVersion: 'selection-request.v1', dataset, datasetVersion: shop.datasetVersion.id, seed: i },
        candidates: ['efficientnet_lite0', 'efficientnet_lite1'],
      }),
    );
    await admin.requestBulk('many', { source: 's3://photos/all/', target: `s3://answers/${i}/` });
    await expect(registry.as('viewer').renameModel('many', `x${i}`)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(registry.as(['viewer', 'trainer', 'deployer'][i - 1] ?? '').listTokens()).rejects.toBeTruthy();
  }
  const [run] = await admin.listRuns({ pipeline: 'many' });
  const event = { schemaVersion: 'run-event.v1', stage: 'train', kind: 'progress' } as const;
  await admin.postRunEvents(
    run?.id ?? '',
    [1, 2, 3].map((step) => ({ ...event, step })),
  );
  parameters = { name: dataset, model: shop.model, id: run?.id ?? '' };
};

beforeAll(async () => {
  registry = await startTestRegistry({ artifacts });
  admin = registry.as('admin');
  const api = readDescribedApi(await (await fetch(`${registry.url()}/openapi.json`)).json());
  lists = api.operations.filter(
    ({ method, answer }) => method === 'GET' && answer !== null && 'items' in (api.resolve(answer).properties ?? {}),
  );
  await fill();
});
afterAll(async () => registry.stop());

describe('every list', () => {
  it('has the same form', () => {
    expect(lists.length).toBeGreaterThan(15);
    const told = lists.map(({ operationId, queryParameters, answer }) => ({
      operationId,
      query: queryParameters.filter((name) => name === 'limit' || name === 'cursor').sort(),
      answer: [...(answer?.required ?? [])].sort(),
    }));
    const form = { query: ['cursor', 'limit'], answer: ['items', 'next'] };
    expect(told).toEqual(lists.map(({ operationId }) => ({ operationId, ...form })));
  });

  it('tells the same in pages as at once, in the same order', async () => {
    const filled: string[] = [];
    for (const list of lists) {
      // Of what else has an id there is none here.
      if (list.path.includes('{id}') && !list.path.startsWith('/v1/runs/')) continue;
      const path = pathOf(list);
      const whole = await read(path, 1_000);
      expect({ path, items: await read(path, 1) }).toEqual({ path, items: whole });
      expect({ path, items: await read(path, 2) }).toEqual({ path, items: whole });
      if (whole.length > 1) filled.push(list.operationId);
    }
    expect(filled.length).toBeGreaterThan(15);
  });

  it('takes back its own cursors alone', async () => {
    const { next: ofModels } = await page('/v1/models', { limit: 1 });
    const { next: ofLedger } = await page('/v1/models/many/ledger', { limit: 1 });
    const refused = { status: 400, body: expect.objectContaining({ code: 'invalid_request' }) };
    for (const path of [
      `/v1/datasets?cursor=${ofModels}`,
      `/v1/models/waiting-1/ledger?cursor=${ofLedger}`,
      `/v1/models/many/ledger?environment=production&cursor=${ofLedger}`,
      '/v1/models?cursor=nonsense',
      `/v1/models?cursor=${Buffer.from('{"of":1}').toString('base64url')}`,
      '/v1/models?cursor=',
      '/v1/models?limit=0',
      '/v1/models?limit=1001',
    ]) {
      expect({ path, ...(await ask(path)) }).toEqual({ path, ...refused });
    }
  });

  it('tells each thing once, whatever comes in meanwhile', async () => {
    const growing = await createWorkshop(admin, 'growing');
    for (let i = 0; i < 4; i += 1) await growing.ship();
    let made = 0;
    const grow = async (): Promise<void> => {
      made += 1;
      // Before and behind every place in the lists by name, and at the head of those that begin with the newest.
      await createWorkshop(admin, `a-${100 - made}`);
      await createWorkshop(admin, `z-${100 - made}`);
      if (made < 6) await growing.ship();
    };
    const named = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item));
    for (const path of [
      '/v1/datasets',
      '/v1/pipelines',
      '/v1/runs',
      '/v1/promotions',
      '/v1/models/growing/versions',
      '/v1/models/growing/ledger',
    ]) {
      const before = named(await read(path, 1_000));
      const told = named(await read(path, 3, made < 10 ? grow : undefined));
      expect({ path, twice: told.length - new Set(told).size }).toEqual({ path, twice: 0 });
      expect(before.filter((item) => !told.includes(item))).toEqual([]);
    }
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore, type ObjectStore } from '@graft/artifacts';
import { bulkClassificationSchema, type BulkClassification } from '@graft/contracts';
import { fetchAnswers, readBulkManifest, removeAnswers } from './fetch-answers.js';
import { followBulk } from './follow-bulk.js';

const ID = 'bulk-1';
const bulk = (changes: Partial<BulkClassification> = {}): BulkClassification =>
  bulkClassificationSchema.parse({
    ...{ id: ID, model: 'insects', version: 2, variant: 'fp32', artifactDigest: 'a'.repeat(64), top: 3 },
    ...{ source: 's3://photos/new/', target: 's3://answers/insects/', state: 'running', total: 600 },
    ...{ parts: 0, objects: 0, unfit: 0, error: null, by: 'ada' },
    ...{ createdAt: '2026-01-01T00:00:00Z', finishedAt: null },
    ...changes,
  });

describe('following a bulk classification', () => {
  /** Each look finds the next of them. */
  const follow = async (...states: BulkClassification[]) => {
    const told: string[] = [];
    const progress = {
      update: (done: number, total: number, text = '') => void told.push(`${done}/${total} ${text}`),
      stop: () => void told.push('end'),
    };
    const registry = { getBulk: async () => states.shift() ?? bulk({ state: 'succeeded' }) };
    const result = await followBulk(registry, ID, progress).catch((thrown: unknown) => thrown);
    return { result, told };
  };

  it('tells how far it is, once it is known of how much, until all is written', async () => {
    const end = bulk({ state: 'succeeded', parts: 2, objects: 600, unfit: 3 });
    const { result, told } = await follow(
      bulk({ state: 'requested', total: null }),
      bulk({ parts: 1, objects: 512 }),
      end,
    );
    expect(result).toEqual(end);
    expect(told).toEqual(['512/600 objects', '600/600 objects, 3 unfit', 'end']);
  });

  it('ends with what it failed of, and where it was called off', async () => {
    const error = { code: 'not_found', message: 'nothing lies under s3://photos/new/' };
    expect((await follow(bulk({ state: 'failed', error }))).result).toMatchObject(error);
    expect((await follow(bulk({ state: 'cancelled', objects: 512 }))).result).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/called off after 512 objects.*s3:\/\/answers\/insects\//),
    });
  });
});

describe('answers into a file', () => {
  const prefix = 'insects/';
  let folder: string;
  let store: ObjectStore;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-answers-'));
    store = createMemoryStore();
    const parts = [];
    for (const name of ['part-00000.jsonl', 'part-00001.jsonl']) {
      const { etag, sizeBytes } = await store.put(prefix + name, bytes(`{"of":"${name}"}\n`));
      parts.push({ name, etag, sizeBytes });
    }
    const manifest = {
      ...{ schemaVersion: 'bulk-manifest.v1', id: ID, model: 'insects', version: 2, variant: 'fp32' },
      ...{ artifactDigest: 'a'.repeat(64), labels: ['ant'], source: 's3://photos/new/', objects: 2, unfit: 0, parts },
    };
    await store.put(`${prefix}manifest.json`, bytes(JSON.stringify(manifest)));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  it('are all parts, one after the other; then their place is empty', async () => {
    const file = join(folder, 'answers.jsonl');
    const { parts } = await readBulkManifest(store, prefix);
    await fetchAnswers(store, { prefix, parts, file });
    expect(await readFile(file, 'utf8')).toBe('{"of":"part-00000.jsonl"}\n{"of":"part-00001.jsonl"}\n');
    await store.put('insects-of-another/x', bytes('x'));
    await removeAnswers(store, prefix);
    const left: string[] = [];
    for await (const { key } of store.list('')) left.push(key);
    expect(left).toEqual(['insects-of-another/x']);
  });

  it('are whole or not there', async () => {
    const file = join(folder, 'answers.jsonl');
    const { parts } = await readBulkManifest(store, prefix);
    await store.put(`${prefix}part-00001.jsonl`, bytes('written over'));
    await expect(fetchAnswers(store, { prefix, parts, file })).rejects.toMatchObject({ code: 'corrupt' });
    await store.remove(`${prefix}part-00001.jsonl`);
    await expect(fetchAnswers(store, { prefix, parts, file })).rejects.toMatchObject({ code: 'not_found' });
    expect(await readdir(folder)).toEqual([]);
  });
});

/** What people see who have no key to the object store: documents, images, and the console that shows them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentKey, createContentStore, createMemoryStore, createUploadSigner, writeDocument } from '@graft/artifacts';
import { predictionsSchema } from '@graft/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const objects = createMemoryStore();
const blobs = createContentStore(objects);
const STORE = 'http://127.0.0.1:9000';
const WORKFLOWS = 'http://127.0.0.1:8233/namespaces/default/workflows/';
const ABSENT = 'a'.repeat(64);
const store = { endpoint: `${STORE}/`, accessKey: 'graft-test', secretKey: 'graft-test-secret', bucket: 'landing' };
let registry: TestRegistry;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__" /><title>Graft</title>');
  await writeFile(join(folder, 'assets/app-1234.js'), 'console.log("here")');
  registry = await startTestRegistry({
    ...{ artifacts: objects, consoleFolder: folder, links: { workflows: WORKFLOWS } },
    uploads: { landing: createMemoryStore(), signer: createUploadSigner(store) },
  });
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

const predictions = {
  schemaVersion: 'predictions.v1' as const,
  artifactDigest: ABSENT,
  datasetVersion: ABSENT,
  split: 'test' as const,
  labels: ['ants', 'bees'],
  predictions: [{ sha256: ABSENT, label: 'ants', source: 'camera', probabilities: [0.75, 0.25] }],
};

describe('documents', () => {
  it('are answered by their digest, as they were written', async () => {
    const digest = await writeDocument(blobs, predictionsSchema, predictions);
    expect(await registry.as('viewer').getDocument(digest, predictionsSchema)).toEqual(predictions);
  });

  it('are not found where there is none, or something else', async () => {
    const text = await blobs.put(Buffer.from('just a text'));
    for (const digest of [ABSENT, text]) {
      await expect(registry.as('viewer').getDocument(digest, predictionsSchema)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining(digest),
      });
    }
  });

  it('are not answered where the bytes have changed', async () => {
    const digest = await blobs.put(Buffer.from('{"schemaVersion":"predictions.v1"}'));
    await objects.put(contentKey(digest), Buffer.from('{"schemaVersion":"predictions.v2"}'));
    await expect(registry.as('viewer').getDocument(digest, predictionsSchema)).rejects.toMatchObject({
      code: 'corrupt',
    });
  });
});

describe('images', () => {
  const paint = (width: number, height: number): Promise<Buffer> =>
    sharp({ create: { width, height, channels: 3, background: '#c08040' } })
      .jpeg()
      .toBuffer();

  it('are made as small as is asked for, and never larger than they are', async () => {
    const digest = await blobs.put(await paint(600, 300));
    const sizeOf = async (side: number) => {
      const blob = await registry.as('viewer').getImage(digest, { side });
      const { format, width, height } = await sharp(await blob.arrayBuffer()).metadata();
      return { format, width, height };
    };
    expect(await sizeOf(100)).toEqual({ format: 'webp', width: 100, height: 50 });
    expect(await sizeOf(2048)).toEqual({ format: 'webp', width: 600, height: 300 });
  });

  it('are refused without a token, beyond the sizes there are, and where the digest is of something else', async () => {
    const digest = await blobs.put(Buffer.from('no image'));
    const status = async (path: string, token?: string): Promise<number> =>
      (
        await fetch(
          `${registry.url()}${path}`,
          token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
        )
      ).status;
    expect(await status(`/v1/images/${digest}`)).toBe(401);
    expect(await status(`/v1/images/${digest}`, 'token-of-viewer')).toBe(404);
    expect(await status(`/v1/images/${digest}?side=5000`, 'token-of-viewer')).toBe(400);
  });
});

describe('the caller', () => {
  it('is told who they are, and what they may do', async () => {
    const viewer = await registry.as('viewer').getCaller();
    expect(viewer).toMatchObject({ name: 'viewer', role: 'viewer' });
    expect(viewer.operations).toContain('listModels');
    expect(viewer.operations).not.toContain('approveVersion');
    expect((await registry.as('reviewer').getCaller()).operations).toContain('approveVersion');
  });

  it('is told where workflows are shown', async () => {
    expect(await registry.as('viewer').getLinks()).toEqual({ workflows: WORKFLOWS });
  });
});

describe('the console', () => {
  const get = (path: string): Promise<Response> => fetch(`${registry.url()}${path}`, { redirect: 'manual' });

  it('is one page at all of its addresses, under a policy that lets in nothing from elsewhere, and out to where uploads go', async () => {
    for (const path of ['/console/', '/console/models/emoji/versions/2']) {
      const answer = await get(path);
      const policy = answer.headers.get('content-security-policy') ?? '';
      const [, nonce = ''] = /'nonce-([^']+)'/.exec(policy) ?? [];
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await answer.text()).toContain(`content="${nonce}"`);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain(`connect-src 'self' ${STORE};`);
      expect(policy.replace(STORE, '')).not.toMatch(/unsafe|https?:/);
    }
    expect((await get('/')).headers.get('location')).toBe('/console/');
  });

  it('says another nonce each time', async () => {
    const [first, second] = await Promise.all([get('/console/'), get('/console/')]);
    expect(first.headers.get('content-security-policy')).not.toBe(second.headers.get('content-security-policy'));
  });

  it('has files that a browser keeps, and 404 for those that are not there', async () => {
    const answer = await get('/console/assets/app-1234.js');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-type')).toMatch(/javascript/);
    for (const path of ['/console/assets/gone.js', '/console/assets/..%2findex.html']) {
      expect((await get(path)).status).toBe(404);
    }
  });
});

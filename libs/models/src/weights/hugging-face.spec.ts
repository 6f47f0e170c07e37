import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { breakOff, sendFile, startFakeServer, type FakeServer } from '../testing/fake-server.js';
import { thrownBy } from '../testing/thrown-by.js';
import { resolveWeights } from './resolve-weights.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const TOKEN = 'hf_secretsecretsecret';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const FILES: Record<string, Uint8Array> = {
  'model.safetensors': Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 253),
  'pytorch_model.bin': Uint8Array.of(1, 2, 3),
  'onnx/model.onnx': Uint8Array.of(4, 5, 6),
  'config.json': Uint8Array.of(0x7b, 0x7d),
};

let cacheDir: string;
let hub: FakeServer;
/** Where the hub keeps large files: another origin. */
let store: FakeServer;
let files: Record<string, Uint8Array>;
let sendBytes: typeof sendFile;

const json = (response: ServerResponse, value: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const entry = (path: string) => {
  const bytes = files[path] ?? new Uint8Array();
  // The hub keeps small text files in git and the others in LFS.
  const lfs = path.endsWith('.json') ? {} : { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } };
  return { type: 'file', oid: COMMIT, path, size: bytes.length, ...lfs };
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

/** The hub's answers: https://huggingface.co/docs/hub/api. */
const answerAsHub = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname } = new URL(request.url ?? '', 'http://hub');
  const [, repo = ''] = /^\/(?:api\/models\/)?([^/]+\/[^/]+)\//.exec(pathname) ?? [];
  if (repo === 'owner/gated' && request.headers.authorization !== `Bearer ${TOKEN}`)
    return json(
      response,
      { error: 'Access to model owner/gated is restricted.' },
      request.headers.authorization ? 403 : 401,
    );
  if (repo !== 'owner/net' && repo !== 'owner/gated') return json(response, { error: 'Repository not found' }, 404);
  if (pathname.startsWith(`/api/models/${repo}/revision/`)) {
    const revision = pathname.split('/').at(-1);
    return revision === 'main' || revision === COMMIT
      ? json(response, { _id: '1', id: repo, sha: COMMIT, lastModified: '2026-01-01T00:00:00.000Z' })
      : json(response, { error: 'Invalid rev id' }, 404);
  }
  if (pathname === `/api/models/${repo}/paths-info/${COMMIT}`) {
    const { paths } = JSON.parse(await readBody(request)) as { paths: string[] };
    return json(response, paths.filter((path) => path in files).map(entry));
  }
  if (pathname === `/api/models/${repo}/tree/${COMMIT}`) return json(response, Object.keys(files).map(entry));
  const path = pathname.replace(`/${repo}/resolve/${COMMIT}/`, '');
  if (path in files) return void response.writeHead(302, { location: `${store.url}/${path}?Signature=signed` }).end();
  return json(response, { error: 'not found' }, 404);
};

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-weights-'));
  files = { ...FILES };
  sendBytes = sendFile;
  hub = await startFakeServer((request, response) => void answerAsHub(request, response));
  store = await startFakeServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://store').pathname.slice(1);
    sendBytes(request, response, files[path] ?? new Uint8Array());
  });
});
afterEach(async () => {
  await Promise.all([hub.close(), store.close()]);
  await rm(cacheDir, { recursive: true, force: true });
});

const resolve = (reference: string, environment: Record<string, string> = {}) =>
  resolveWeights(reference, { cacheDir, environment: { HF_ENDPOINT: hub.url, ...environment } });
const kept = (): Promise<string[]> => readdir(join(cacheDir, 'weights')).catch(() => []);

describe('weights on the Hugging Face hub', () => {
  it('are model.safetensors of main, with the commit that this is now', async () => {
    const found = await resolve('hf:owner/net');
    expect(found).toMatchObject({ digest: sha256(FILES['model.safetensors'] ?? new Uint8Array()), revision: COMMIT });
    const asked = hub.requests.length;
    expect(await resolve('hf:owner/net@main')).toEqual(found);
    expect(hub.requests).toHaveLength(asked);
    expect((await kept()).sort()).toEqual([basename(found.path), `${basename(found.path)}.json`]);
  });

  it('are pytorch_model.bin where there is nothing better, or the file that is named', async () => {
    const { 'model.safetensors': _, ...others } = FILES;
    files = others;
    expect((await resolve('hf:owner/net')).digest).toBe(sha256(Uint8Array.of(1, 2, 3)));
    const named = await resolve(`hf:owner/net@${COMMIT}!onnx/model.onnx`);
    expect(named.digest).toBe(sha256(Uint8Array.of(4, 5, 6)));
    expect(basename(named.path)).toMatch(/model\.onnx$/);
  });

  it('are fetched again when the cached file was damaged, and refused when the hub sends others for the same commit', async () => {
    const reference = `hf:owner/net@${COMMIT}!config.json`;
    const found = await resolve(reference);
    await writeFile(found.path, 'damaged');
    expect(await resolve(reference)).toEqual(found);
    files = { ...FILES, 'config.json': Uint8Array.of(0x5b, 0x5d) };
    await rm(found.path);
    await expect(resolve(reference)).rejects.toMatchObject({ code: 'corrupt', details: { expected: found.digest } });
  });

  it('are refused when they are not what the hub says of them', async () => {
    sendBytes = (request, response, bytes) =>
      sendFile(
        request,
        response,
        bytes.map((byte) => byte ^ 1),
      );
    await expect(resolve('hf:owner/net')).rejects.toMatchObject({ code: 'corrupt' });
    expect(await kept()).toEqual([]);
  });

  it('are gone on with where they broke off', async () => {
    let count = 0;
    sendBytes = (request, response, bytes) => {
      count += 1;
      if (count === 1) breakOff(response, bytes, 50_000);
      else sendFile(request, response, bytes);
    };
    await resolve('hf:owner/net');
    expect(store.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=50000-']);
  });

  it('take a token, which goes to the hub alone', async () => {
    await resolve('hf:owner/gated', { HF_TOKEN: TOKEN });
    expect(hub.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(store.requests).toHaveLength(1);
    expect(store.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each<{ what: string; environment: Record<string, string>; code: string; hint: string }>([
    { what: 'no token', environment: {}, code: 'unauthenticated', hint: 'set HF_TOKEN' },
    {
      what: 'a token that may not',
      environment: { HF_TOKEN: 'other-secret' },
      code: 'forbidden',
      hint: 'ask for access',
    },
  ])('are refused with $what, and the hint what to do', async ({ environment, code, hint }) => {
    const error = await thrownBy(() => resolve('hf:owner/gated', environment));
    expect(error.code).toBe(code);
    expect(error.message).toContain(hint);
    expect(`${error.message}${JSON.stringify(error.details)}${String(error.stack)}`).not.toContain('other-secret');
  });

  it('are not found with the files that there are', async () => {
    const error = await thrownBy(() => resolve('hf:owner/net!weights.pth'));
    expect(error.code).toBe('not_found');
    expect(error.message).toContain('it has: model.safetensors, pytorch_model.bin, onnx/model.onnx, config.json');
    await expect(resolve('hf:owner/none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(resolve('hf:owner/net@v9')).rejects.toMatchObject({ code: 'not_found' });
    expect(await kept()).toEqual([]);
  });

  it('are unavailable when the hub is not there, with another way in', async () => {
    await hub.close();
    const error = await thrownBy(() => resolve('hf:owner/net'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain("give the file's path instead");
  });

  it('do not come from an endpoint that is not safe on the way', async () => {
    const error = await thrownBy(() => resolve('hf:owner/net', { HF_ENDPOINT: 'http://example.com' }));
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(error.message).toContain('HF_ENDPOINT');
  });
});

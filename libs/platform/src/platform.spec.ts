import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import {
  createLogger,
  createMetrics,
  detectCpuClass,
  graftPaths,
  objectStoreEnvironment,
  readEnvironment,
  startHealthServer,
  temporalEnvironment,
  versionInfo,
} from './index.js';
import { readCommit } from './version-info.js';

describe('readEnvironment', () => {
  const schema = z.object({ ...objectStoreEnvironment, GRAFT_PORT: z.coerce.number().int().default(0) });
  const good = {
    GRAFT_S3_ENDPOINT: 'http://127.0.0.1:9000',
    GRAFT_S3_ACCESS_KEY: 'someone',
    GRAFT_S3_SECRET_KEY: 'hunter2hunter2',
    GRAFT_PORT: '8080',
  };

  it('parses, with defaults for what is left out or empty', () => {
    const env = readEnvironment(schema, { ...good, GRAFT_S3_REGION: '' });
    expect(env).toMatchObject({ GRAFT_PORT: 8080, GRAFT_S3_REGION: 'us-east-1', GRAFT_ARTIFACTS_BUCKET: 'artifacts' });
  });

  it('names every bad variable and never a value', () => {
    const read = (): unknown =>
      readEnvironment(schema, { ...good, GRAFT_S3_ENDPOINT: 'hunter3', GRAFT_S3_SECRET_KEY: '', GRAFT_PORT: 'x1y2' });
    expect(read).toThrow(AppError);
    try {
      read();
    } catch (thrown) {
      const { code, message, details } = thrown as AppError;
      expect(code).toBe('missing_prerequisite');
      expect(message).toContain('GRAFT_S3_SECRET_KEY is not set');
      expect(details['variables']).toEqual(['GRAFT_S3_ENDPOINT', 'GRAFT_S3_SECRET_KEY', 'GRAFT_PORT']);
      expect(message).not.toMatch(/hunter|x1y2/);
    }
  });

  it('wants host:port of Temporal', () => {
    const read = (TEMPORAL_ADDRESS: string): unknown =>
      readEnvironment(z.object(temporalEnvironment), { TEMPORAL_ADDRESS });
    expect(read('127.0.0.1:7233')).toEqual({ TEMPORAL_ADDRESS: '127.0.0.1:7233', TEMPORAL_NAMESPACE: 'default' });
    expect(() => read('127.0.0.1')).toThrow(/host:port/);
  });
});

describe('createLogger', () => {
  it('writes one JSON object a line, tells an AppError whole, and leaves secrets out', () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', level: 'info', destination: { write: (line) => lines.push(line) } });
    logger.debug('not at this level');
    logger.info({ token: 'T', request: { headers: { authorization: 'Bearer B' } }, key: { secretKey: 'S' } }, 'hello');
    logger.error({ err: new AppError('corrupt', 'bad bytes', { details: { digest: 'd' } }) }, 'broken');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/"T"|Bearer|"S"/);
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    expect(first).toMatchObject({ level: 'info', service: 'test', msg: 'hello', token: '[redacted]' });
    expect(second?.['err']).toMatchObject({ code: 'corrupt', message: 'bad bytes', details: { digest: 'd' } });
  });

  it('takes info for a level that does not exist', () => {
    expect(createLogger({ service: 'test', level: 'loud' }).level).toBe('info');
  });
});

describe('startHealthServer', () => {
  it('answers live, ready and metrics; 503 with the cause while not ready', async () => {
    let cause: Error | null = new Error('Temporal is away');
    const server = await startHealthServer({
      port: 0,
      metrics: createMetrics({ service: 'test' }),
      ready: () => {
        if (cause !== null) throw cause;
      },
    });
    try {
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
      const notReady = await fetch(`${server.url}/health/ready`);
      expect(notReady.status).toBe(503);
      expect(await notReady.json()).toMatchObject({ code: 'unavailable', detail: 'Temporal is away' });
      cause = null;
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
      expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(
        /process_cpu_seconds_total\{service="test"\}/,
      );
      expect((await fetch(`${server.url}/other`)).status).toBe(404);
      await expect(
        startHealthServer({ port: server.port, metrics: createMetrics({ service: 'b' }), ready: () => true }),
      ).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await server.close();
    }
  });
});

describe('detectCpuClass', () => {
  it.each([
    ['fpu sse2 avx2 avx512_vnni avx512_bf16', 'bf16'],
    ['fpu avx2 avx512_vnni amx_bf16', 'bf16'],
    ['fpu avx2 avx512f avx512_vnni', 'avx512-vnni'],
    ['fpu avx2 avx_vnni', 'avx2'],
    ['fpu sse2', 'baseline'],
  ])('%s → %s', (flags, expected) => {
    expect(detectCpuClass(`processor\t: 0\nmodel name\t: x\nflags\t\t: ${flags}\n`)).toBe(expected);
  });

  it('falls back to baseline without flags', () => {
    expect(detectCpuClass('')).toBe('baseline');
  });
});

describe('graftPaths', () => {
  it('follows XDG, and GRAFT_CACHE_DIR for the cache', () => {
    expect(graftPaths({ XDG_CACHE_HOME: '/c', XDG_STATE_HOME: '/s' })).toEqual({
      cacheDir: '/c/graft',
      stateDir: '/s/graft',
    });
    expect(graftPaths({ GRAFT_CACHE_DIR: '/mine', XDG_CACHE_HOME: '/c', XDG_STATE_HOME: '/s' }).cacheDir).toBe('/mine');
  });

  it('keeps root out of /root, where PostgreSQL cannot go', () => {
    const { cacheDir, stateDir } = graftPaths({ HOME: '/home/someone' });
    const isRoot = process.getuid?.() === 0;
    expect(cacheDir).toBe(isRoot ? '/var/cache/graft' : '/home/someone/.cache/graft');
    expect(stateDir).toBe(isRoot ? '/var/lib/graft' : '/home/someone/.local/state/graft');
  });
});

describe('versionInfo', () => {
  it('names the workspace version', () => {
    expect(versionInfo().graft).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('reads the commit from loose refs, packed refs and a detached head', () => {
    const root = mkdtempSync(join(tmpdir(), 'graft-version-'));
    const git = join(root, '.git');
    mkdirSync(join(git, 'refs/heads'), { recursive: true });
    writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(join(git, 'packed-refs'), `# pack-refs\n${'a'.repeat(40)} refs/heads/main\n`);
    expect(readCommit(root)).toBe('a'.repeat(40));
    writeFileSync(join(git, 'refs/heads/main'), `${'b'.repeat(40)}\n`);
    expect(readCommit(root)).toBe('b'.repeat(40));
    writeFileSync(join(git, 'HEAD'), `${'c'.repeat(40)}\n`);
    expect(readCommit(root)).toBe('c'.repeat(40));
    expect(readCommit(tmpdir())).toBeNull();
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeFolder } from '../system/folders.js';
import { givenServers } from './given-servers.js';
import { stackFolder } from './stack-folder.js';
import { readState, writeState } from './stack-state.js';

let base: string;
const before = process.env['XDG_STATE_HOME'];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'graft-given-'));
  process.env['XDG_STATE_HOME'] = base;
  await makeFolder(stackFolder('other'));
  await writeState('other', { ...(await readState('other')), ports: { temporal: 4720, minio: 4710, postgres: 4730 } });
});
afterAll(async () => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
  await rm(base, { recursive: true });
});

describe('servers named by the environment', () => {
  it('are none when nothing names them', async () => {
    expect(await givenServers({})).toEqual({ databaseUrl: null, s3: null, temporalAddress: null });
  });

  it('are taken as they are', async () => {
    const given = await givenServers({
      GRAFT_DATABASE_URL: 'postgresql://me:pw@db:5432/graft',
      GRAFT_S3_ENDPOINT: 'https://s3.example',
      GRAFT_S3_ACCESS_KEY: 'key',
      GRAFT_S3_SECRET_KEY: 'secret',
      TEMPORAL_ADDRESS: 'temporal:7233',
    });
    expect(given).toEqual({
      databaseUrl: 'postgresql://me:pw@db:5432/graft',
      s3: { endpoint: 'https://s3.example', accessKey: 'key', secretKey: 'secret' },
      temporalAddress: 'temporal:7233',
    });
  });

  it('are not those of a local stack, which `graft env` left in the shell', async () => {
    const given = await givenServers({
      GRAFT_DATABASE_URL: 'postgresql://graft:pw@127.0.0.1:4730/graft',
      GRAFT_S3_ENDPOINT: 'http://127.0.0.1:4710',
      TEMPORAL_ADDRESS: '127.0.0.1:4720',
    });
    expect(given).toEqual({ databaseUrl: null, s3: null, temporalAddress: null });
  });

  it('need keys for an object store', async () => {
    await expect(givenServers({ GRAFT_S3_ENDPOINT: 'http://store:9000' })).rejects.toThrow('GRAFT_S3_ACCESS_KEY');
  });
});

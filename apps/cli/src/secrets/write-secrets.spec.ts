import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inRepository } from '@graft/tools';
import { writeSecrets } from './write-secrets.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-secrets-'));
  file = join(folder, '.env');
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const valuesOf = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    [...(await readFile(file, 'utf8')).matchAll(/^([A-Z]\w+)=(.+)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
const modeOf = async (): Promise<number> => (await stat(file)).mode & 0o777;

describe('secrets', () => {
  it('are made at random into a file of their owner, whole', async () => {
    const { added, kept } = await writeSecrets(file);
    const values = await valuesOf();
    expect(Object.keys(values)).toEqual(added);
    expect(kept).toEqual([]);
    expect(await modeOf()).toBe(0o600);
    const random = ['GRAFT_POSTGRES_PASSWORD', 'GRAFT_S3_SECRET_KEY', 'GRAFT_ADMIN_TOKEN', 'GRAFT_SERVICE_TOKEN'];
    const made = random.map((name) => values[name] ?? '');
    expect(new Set(made).size).toBe(random.length);
    for (const value of made) expect(value).toMatch(/^[\w-]{43}$/);
    expect(values['GRAFT_DATABASE_URL']).toBe(`postgresql://graft:${made[0] ?? ''}@127.0.0.1:5432/graft`);
    expect(await readdir(folder)).toEqual(['.env']);
  });

  it('that are set stay as they are, and so does everything else in the file', async () => {
    await writeFile(file, '# ours\nexport GRAFT_POSTGRES_PASSWORD="it is @ours"\nOTHER=1\nGRAFT_ADMIN_TOKEN=');
    const { added, kept } = await writeSecrets(file);
    expect(kept).toEqual(['GRAFT_POSTGRES_PASSWORD']);
    expect(added).toContain('GRAFT_ADMIN_TOKEN');
    const text = await readFile(file, 'utf8');
    expect(text.startsWith('# ours\nexport GRAFT_POSTGRES_PASSWORD="it is @ours"\nOTHER=1\n')).toBe(true);
    expect(text.match(/GRAFT_ADMIN_TOKEN/g)).toHaveLength(1);
    expect((await valuesOf())['GRAFT_DATABASE_URL']).toContain(':it%20is%20%40ours@');
    const again = await writeSecrets(file);
    expect(again.added).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('fill in a copy of .env.example, and close a file that others can read', async () => {
    await copyFile(inRepository('.env.example'), file);
    await writeSecrets(file);
    expect((await readFile(file, 'utf8')).match(/^GRAFT_S3_SECRET_KEY=/gm)).toHaveLength(1);
    await chmod(file, 0o644);
    await writeSecrets(file);
    expect(await modeOf()).toBe(0o600);
  });

  it('into a folder, or into none, are an error in words', async () => {
    await expect(writeSecrets(folder)).rejects.toMatchObject({ code: 'usage' });
    await expect(writeSecrets(join(folder, 'none', '.env'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('are all that docker-compose.yml asks for', async () => {
    await writeSecrets(file);
    const asked = [...(await readFile(inRepository('docker-compose.yml'), 'utf8')).matchAll(/\$\{(\w+):\?/g)];
    const values = await valuesOf();
    expect(asked.map(([, name = '']) => name).filter((name) => values[name] === undefined)).toEqual([]);
  });
});

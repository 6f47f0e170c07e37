import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '@graft/artifacts';
import { createLogger } from '@graft/platform';
import { buildPrograms } from '@graft/tools/testing';
import { createTinyVersion } from '../testing/tiny-model.js';
import { createTryLoad, type LoadTrial, type TryLoad } from './trial-load.js';

const DIGEST = 'a'.repeat(64);

describe('an artifact that is tried before it is loaded', () => {
  let folder: string;
  let programs: string;
  let dying: string;
  let documents: ReturnType<typeof createMemoryStore>;
  beforeAll(async () => {
    programs = await buildPrograms('serving', 'load-process');
    dying = `${await buildPrograms('serving', 'testing/dying-loader')}/dying-loader.js`;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-trial-load-'));
    documents = createMemoryStore();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const tryLoad = (program: string, timeoutMs?: number): TryLoad =>
    createTryLoad({
      ...{ program, documents, runtimeVersion: '1.0.0', threads: 1 },
      ...{
        logger: createLogger({ service: 'test', level: 'silent' }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
    });
  const trial = async (name: string, bytes: Uint8Array = new Uint8Array(1)): Promise<LoadTrial> => {
    const file = join(folder, name);
    await writeFile(file, bytes);
    return { artifactDigest: DIGEST, file, inputLength: 3, maxBatch: 2 };
  };

  it('comes through, once: what was tried is not tried again by this runtime', async () => {
    const { onnx } = await createTinyVersion({ turn: 0 });
    const good = await trial('model.onnx', onnx);
    await tryLoad(`${programs}/load-process.js`)(good);
    // A program that would die is not started.
    await tryLoad(dying)(good);
    const newer = createTryLoad({
      ...{ program: dying, documents, runtimeVersion: '1.1.0', threads: 1 },
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    await expect(newer(good)).rejects.toMatchObject({ code: 'refused' });
  });

  it('is left to the replica where it is no model, which says so better', async () => {
    await tryLoad(`${programs}/load-process.js`)(await trial('text', new TextEncoder().encode('no model')));
  });

  it('is refused where it ends the process, by name and signal, each time', async () => {
    const refused = { code: 'refused', message: expect.stringMatching(new RegExp(`artifact ${DIGEST} .*SIGSEGV`)) };
    const attempt = tryLoad(dying);
    await expect(attempt(await trial('bad'))).rejects.toMatchObject(refused);
    await expect(attempt(await trial('bad'))).rejects.toMatchObject(refused);
    await attempt(await trial('sound'));
  });

  it('is given up where it takes for ever', async () => {
    const sleeper = join(folder, 'sleeper.mjs');
    await writeFile(sleeper, 'setInterval(() => {}, 1000);');
    await expect(tryLoad(sleeper, 300)(await trial('slow'))).rejects.toMatchObject({ code: 'timeout' });
  });
});

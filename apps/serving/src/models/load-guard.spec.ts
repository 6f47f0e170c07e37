import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { createMemoryStore } from '@graft/artifacts';
import { digestOfText, type Classification, type Servable } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { RED } from '../testing/tiny-model.js';
import { createLoadGuard } from './load-guard.js';

const logger = createLogger({ service: 'serving', level: 'silent' });
const BAD = digestOfText('bad');
const GOOD = digestOfText('good');
/** A load that its process doesn't outlive. */
const never = (): Promise<never> => new Promise(() => undefined);

describe('the guard of loads', () => {
  let nowMs: number;
  let documents: ReturnType<typeof createMemoryStore>;
  /** What a process that starts has: its own memory, and the disk. */
  const start = (replicaId = 'r-1') => createLoadGuard({ documents, replicaId, now: () => new Date(nowMs), logger });
  const dieLoading = async (digest: string): Promise<void> => {
    let isLoading = false;
    void start().run(digest, () => ((isLoading = true), never()));
    await eventually(() => isLoading);
  };

  beforeEach(() => {
    nowMs = Date.parse('2026-11-26T09:00:00Z');
    documents = createMemoryStore();
  });

  it('refuses an artifact that two processes did not outlive, and nothing else', async () => {
    await dieLoading(BAD);
    await dieLoading(BAD);
    const guard = start();
    await expect(guard.run(BAD, async () => 'loaded')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(new RegExp(`^artifact ${BAD} ended 2 processes of this replica`)),
    });
    expect(await guard.run(GOOD, async () => 'loaded')).toBe('loaded');
    expect(await start('r-2').run(BAD, async () => 'loaded')).toBe('loaded');
  });

  it('takes one end for an accident, and forgets it after a load that went well', async () => {
    await dieLoading(BAD);
    expect(await start().run(BAD, async () => 'loaded')).toBe('loaded');
    await dieLoading(BAD);
    expect(await start().run(BAD, async () => 'loaded')).toBe('loaded');
  });

  it('tries once more after an hour, and refuses again when that ends a process', async () => {
    await dieLoading(BAD);
    await dieLoading(BAD);
    await expect(start().run(BAD, async () => 'loaded')).rejects.toMatchObject({ code: 'refused' });
    nowMs += 3_600_000;
    await dieLoading(BAD);
    await expect(start().run(BAD, async () => 'loaded')).rejects.toMatchObject({ code: 'refused' });
  });

  it('counts no load that failed with an error', async () => {
    const fail = () => Promise.reject(new Error('no model'));
    for (const guard of [start(), start(), start()]) await expect(guard.run(BAD, fail)).rejects.toThrow('no model');
    expect(await start().run(BAD, async () => 'loaded')).toBe('loaded');
  });
});

describe('a replica that starts after its champion ended it twice', () => {
  let fixture: Fixture;
  let one: Servable;
  let two: Servable;
  beforeEach(async () => {
    fixture = await createFixture();
    one = await fixture.publish({ model: 'colours', version: 1 });
    two = await fixture.publish({ model: 'colours', version: 2 });
  });
  afterEach(() => fixture.dispose());

  const deploy = (generation: number, target: Servable, previous: Servable): void => {
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation, target, previous })] });
    fixture.registry.tell('deployment');
  };

  it('answers with the version before, says why and that it is not ready, and is again when the ledger goes back', async () => {
    await mkdir(`${fixture.cacheFolder}/loading`, { recursive: true });
    const ends = { [two.artifactDigest]: { count: 1, at: new Date().toISOString() } };
    const left = { schemaVersion: 'load-guard.v1', loading: two.artifactDigest, ends };
    await writeFile(`${fixture.cacheFolder}/loading/r-1.json`, JSON.stringify(left));
    deploy(2, two, one);
    const { url } = await fixture.start({ replicaId: () => 'r-1', leaseSeconds: 0.1 });
    const classify = async (): Promise<Classification> =>
      (await (
        await fetch(`${url}/v1/models/colours:classify`, {
          ...{ method: 'POST', headers: { 'content-type': 'image/png' }, body: RED },
        })
      ).json()) as Classification;
    const last = () => fixture.registry.reports.at(-1);
    await eventually(() => last()?.serving.length === 1);
    expect(await classify()).toMatchObject({ version: 1, generation: 1 });
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
    expect(last()).toMatchObject({
      serving: [{ version: 1, generation: 1 }],
      problems: [
        { model: 'colours', message: expect.stringContaining(`artifact ${two.artifactDigest} ended 2 processes`) },
      ],
    });
    deploy(3, one, two);
    await eventually(async () => (await classify()).generation === 3);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
  });
});

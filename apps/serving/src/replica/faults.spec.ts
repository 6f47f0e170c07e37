/** What breaks while a version is taken up: the old one answers on, the cause is named, and nobody has to step in. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contentKey } from '@graft/artifacts';
import { AppError, digestOfBytes, type Classification, type Servable } from '@graft/contracts';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { createTinyVersion, RED } from '../testing/tiny-model.js';

const classify = async (url: string): Promise<Classification> => {
  const response = await fetch(`${url}/v1/models/colours:classify`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: RED,
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Classification;
};

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte));

describe('a replica that serves version 1, when version 2 is deployed and', () => {
  let fixture: Fixture;
  let one: Servable;
  let two: Servable;

  beforeEach(async () => {
    fixture = await createFixture();
    one = await fixture.publish({ model: 'colours', version: 1 });
    two = await fixture.publish({ model: 'colours', version: 2 });
  });
  afterEach(() => fixture.dispose());

  const deploy = (generation: number, target: Servable, previous: Servable | null = null): void => {
    fixture.registry.desire({
      deployments: [deploymentOf({ model: 'colours', epoch: 1, generation, target, previous })],
    });
    fixture.registry.tell('deployment');
  };
  const problems = (): readonly { readonly message: string }[] => fixture.registry.reports.at(-1)?.problems ?? [];
  const servesGeneration = (generation: number): boolean =>
    fixture.registry.reports.at(-1)?.serving[0]?.generation === generation;
  const startWithOne = async (blobs: Pick<Fixture['blobs'], 'get'> = fixture.blobs): Promise<string> => {
    deploy(1, one);
    const { url } = await fixture.start({ blobs });
    await eventually(() => servesGeneration(1));
    return url;
  };

  it('one byte of it is flipped in the bucket', async () => {
    const url = await startWithOne();
    const key = contentKey(two.artifactDigest);
    const whole = (await fixture.objects.get(key))?.bytes ?? new Uint8Array();
    await fixture.objects.put(key, flipped(whole));
    deploy(2, two, one);
    await eventually(() => problems().length === 1);
    expect(problems()[0]?.message).toContain(two.artifactDigest);
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1 });
    await fixture.objects.put(key, whole);
    await eventually(() => servesGeneration(2));
    expect(await classify(url)).toMatchObject({ version: 2, generation: 2 });
  });

  it('one byte of it is flipped in the cache on disk: it is fetched anew', async () => {
    const url = await startWithOne();
    const key = contentKey(two.artifactDigest);
    const whole = (await fixture.objects.get(key))?.bytes ?? new Uint8Array();
    const file = join(fixture.cacheFolder, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, flipped(whole));
    deploy(2, two, one);
    await eventually(() => servesGeneration(2));
    expect(await classify(url)).toMatchObject({ version: 2, classes: [{ label: 'green' }, {}, {}] });
    expect(digestOfBytes(await readFile(file))).toBe(two.artifactDigest);
  });

  it('its file is whole but no model: a rollback clears the problem', async () => {
    const url = await startWithOne();
    const made = await createTinyVersion({ turn: 2 });
    const onnx = new TextEncoder().encode('no model at all');
    const artifactDigest = digestOfBytes(onnx);
    const goldenBytes = new TextEncoder().encode(JSON.stringify({ ...made.golden, artifactDigest }));
    const broken = { ...made, onnx, artifactDigest, goldenBytes, goldenDigest: digestOfBytes(goldenBytes) };
    const three = await fixture.publish({ model: 'colours', version: 3, made: broken });
    deploy(2, three, one);
    await eventually(() => problems().length === 1);
    expect(problems()[0]?.message).toBe('version 3 (fp32) could not be loaded: onnxruntime refuses this model');
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1 });
    deploy(3, one);
    await eventually(() => servesGeneration(3) && problems().length === 0);
    expect(await classify(url)).toMatchObject({ version: 1, generation: 3 });
  });

  it('the bucket is away', async () => {
    let away = false;
    const url = await startWithOne({
      get: async (digest) => {
        if (away) throw new AppError('unavailable', 'the bucket is away');
        return fixture.blobs.get(digest);
      },
    });
    away = true;
    deploy(2, two, one);
    await eventually(() => problems().length === 1);
    expect(problems()[0]?.message).toContain('the bucket is away');
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1 });
    away = false;
    await eventually(() => servesGeneration(2));
    expect(problems()).toEqual([]);
  });

  it('the registry is away', async () => {
    const url = await startWithOne();
    const reporting = jest.spyOn(fixture.registry, 'reportReplica');
    fixture.registry.away = true;
    deploy(2, two, one);
    await eventually(() => reporting.mock.calls.length >= 2);
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1 });
    fixture.registry.away = false;
    await eventually(() => servesGeneration(2));
    expect(await classify(url)).toMatchObject({ version: 2, generation: 2 });
  });
});

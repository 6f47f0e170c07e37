import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, LATENCY_BOUNDS_MS, type Classification, type Deployment, type Servable } from '@graft/contracts';
import type { ServedModel } from '../models/served-model.js';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { RED } from '../testing/tiny-model.js';
import { createBeside } from './answer-beside.js';
import { createTrialBoard, type ActiveTrial } from './trial-board.js';

const ID = '0190c5a2-0000-7000-8000-00000000000';
const fakeModel = (version: number): ServedModel =>
  ({ model: 'colours', version, acquire: () => () => undefined }) as ServedModel;
const activeTrial = (overrides: Partial<ActiveTrial> = {}): ActiveTrial => ({
  ...{ trialId: `${ID}1`, role: 'canary', percent: 10, epoch: 1, generation: 2, served: fakeModel(2) },
  ...overrides,
});
const keys = Array.from({ length: 5_000 }, (_, at) => `client ${at}`);

describe('the board of trials', () => {
  it('gives a canary its share of keys, the same ones as its share grows, and others in another trial', () => {
    const board = createTrialBoard();
    const chosen = (overrides: Partial<ActiveTrial>): string[] => {
      board.set([activeTrial(overrides)]);
      return keys.filter((key) => board.canaryFor('colours', key) !== null);
    };
    const tenth = chosen({});
    expect(tenth.length / keys.length).toBeCloseTo(0.1, 1);
    expect(chosen({})).toEqual(tenth);
    const half = new Set(chosen({ percent: 50 }));
    expect(tenth.every((key) => half.has(key))).toBe(true);
    const other = new Set(chosen({ trialId: `${ID}2` }));
    expect(tenth.filter((key) => other.has(key)).length).toBeLessThan(tenth.length / 4);
    expect(chosen({ role: 'shadow', percent: 100 })).toEqual([]);
    expect(chosen({ percent: 100 })).toHaveLength(keys.length);
    expect(board.canaryFor('another model', 'client 1')).toBeNull();
  });

  it('counts both sides while the trial goes on', () => {
    const board = createTrialBoard();
    const trial = activeTrial();
    board.set([trial]);
    for (const ms of [0.5, 1, 1.1, 100_000]) board.count(trial, 'champion', { failed: false, ms });
    board.count(trial, 'trial', { failed: true, ms: 3 });
    board.compare(trial, false);
    board.set([activeTrial({ percent: 50, generation: 3 })]);
    const [report] = board.reports();
    expect(report).toMatchObject({
      ...{ trialId: `${ID}1`, champion: { requests: 4, errors: 0 }, trial: { requests: 1, errors: 1 } },
      ...{ compared: 1, differ: 1 },
    });
    expect(report?.champion.latency.slice(0, 2)).toEqual([2, 1]);
    expect(report?.champion.latency[LATENCY_BOUNDS_MS.length]).toBe(1);
    board.set([]);
    expect(board.reports()).toEqual([]);
  });
});

describe('a request beside a trial', () => {
  const champion = fakeModel(1);
  const failing = (code: 'internal' | 'image_unfit' | 'timeout') => async (served: ServedModel) => {
    if (served.version === 2) throw new AppError(code, 'no');
    return `by ${served.version}`;
  };
  const setUp = (trial: ActiveTrial) => {
    const board = createTrialBoard();
    board.set([trial]);
    const beside = createBeside({ board, random: () => 0 });
    const ask = (run: (served: ServedModel) => Promise<string>) =>
      beside.answer({ champion, key: () => 'a client', run, bestOf: (answer) => answer });
    return { board, ask };
  };

  it('is answered by the champion where the canary fails by its own fault, and counted against it', async () => {
    const { board, ask } = setUp(activeTrial({ percent: 100 }));
    expect(await ask(async ({ version }) => `by ${version}`)).toMatchObject({ answer: 'by 2', served: { version: 2 } });
    expect(await ask(failing('internal'))).toMatchObject({ answer: 'by 1', served: { version: 1 } });
    await expect(ask(failing('image_unfit'))).rejects.toMatchObject({ code: 'image_unfit' });
    await expect(ask(failing('timeout'))).rejects.toMatchObject({ code: 'timeout' });
    expect(board.reports()[0]).toMatchObject({ trial: { requests: 3, errors: 2 }, champion: { requests: 0 } });
  });

  it('is copied to a shadow, whose answers and failures nobody sees', async () => {
    const { board, ask } = setUp(activeTrial({ role: 'shadow', percent: 100 }));
    const settled = (compared: number, requests: number) =>
      eventually(() => board.reports()[0]?.compared === compared && board.reports()[0]?.trial.requests === requests);
    expect(await ask(async () => 'red')).toMatchObject({ answer: 'red', served: { version: 1 } });
    await settled(1, 1);
    expect(await ask(async ({ version }) => `by ${version}`)).toMatchObject({ answer: 'by 1' });
    await settled(2, 2);
    expect(await ask(failing('internal'))).toMatchObject({ answer: 'by 1' });
    await settled(2, 3);
    expect(board.reports()[0]).toMatchObject({ differ: 1, trial: { errors: 1 }, champion: { requests: 3, errors: 0 } });
  });

  it('does not wait for a shadow, which gets no second copy meanwhile', async () => {
    const { board, ask } = setUp(activeTrial({ role: 'shadow', percent: 100 }));
    let finish = (_answer: string): void => undefined;
    const slow = new Promise<string>((resolve) => (finish = resolve));
    const run = async ({ version }: ServedModel): Promise<string> => (version === 2 ? slow : 'red');
    for (let i = 0; i < 5; i++) expect((await ask(run)).answer).toBe('red');
    finish('red');
    await eventually(() => board.reports()[0]?.compared === 1);
    expect(board.reports()[0]).toMatchObject({ champion: { requests: 5 }, trial: { requests: 1 } });
  });
});

describe('a replica with a canary', () => {
  let fixture: Fixture;
  let one: Servable;
  let two: Servable;
  beforeEach(async () => {
    fixture = await createFixture();
    one = await fixture.publish({ model: 'colours', version: 1 });
    two = await fixture.publish({ model: 'colours', version: 2 });
  });
  afterEach(() => fixture.dispose());

  const deploy = (generation: number, beside: Partial<Deployment> | null): void =>
    fixture.registry.desire({
      deployments: [
        deploymentOf({ model: 'colours', generation, target: one }),
        ...(beside === null
          ? []
          : [deploymentOf({ model: 'colours', generation, target: two, trialId: `${ID}1`, ...beside })]),
      ],
    });
  const classify = async (url: string, key?: string): Promise<Classification> => {
    const response = await fetch(`${url}/v1/models/colours:classify`, {
      method: 'POST',
      headers: { 'content-type': 'image/png', ...(key === undefined ? {} : { 'x-graft-key': key }) },
      body: RED,
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Classification;
  };

  const infer = async (url: string, key: string): Promise<{ model_version: string }> => {
    const data = Array.from({ length: 3 * 8 * 8 }, () => 0.5);
    const response = await fetch(`${url}/v2/models/colours/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-graft-key': key },
      body: JSON.stringify({ inputs: [{ name: 'input', shape: [1, 3, 8, 8], datatype: 'FP32', data }] }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as { model_version: string };
  };

  it('answers a share of clients by it, each always alike, says by which, and reports what it counted', async () => {
    deploy(1, null);
    const { url } = await fixture.start({ leaseSeconds: 1 });
    await eventually(async () => (await fetch(`${url}/v2/health/ready`)).ok);
    deploy(2, { role: 'canary', percent: 30 });
    fixture.registry.tell('deployment');
    const clients = Array.from({ length: 40 }, (_, at) => `client ${at}`);
    await eventually(async () =>
      (await Promise.all(clients.map((key) => classify(url, key)))).some((one) => one.version === 2),
    );
    const answers = await Promise.all(clients.map((key) => classify(url, key)));
    const versions = answers.map(({ version }) => version);
    expect(new Set(versions)).toEqual(new Set([1, 2]));
    expect(answers.map(({ classes }) => classes[0]?.label)).toEqual(
      versions.map((version) => (version === 1 ? 'red' : 'green')),
    );
    expect(answers.every(({ generation }) => generation === 2)).toBe(true);
    expect((await Promise.all(clients.map((key) => classify(url, key)))).map(({ version }) => version)).toEqual(
      versions,
    );
    // Without a key, the image decides.
    const repeated = await Promise.all(Array.from({ length: 5 }, () => classify(url)));
    expect(new Set(repeated.map(({ version }) => version)).size).toBe(1);
    await eventually(() => (fixture.registry.reports.at(-1)?.trials[0]?.trial.requests ?? 0) > 0);
    expect(fixture.registry.reports.at(-1)?.trials[0]).toMatchObject({ trialId: `${ID}1`, trial: { errors: 0 } });

    // Tensors go the same ways.
    const inferred = await Promise.all(clients.map((key) => infer(url, key)));
    expect(inferred.map(({ model_version: version }) => Number(version))).toEqual(versions);

    deploy(3, null);
    fixture.registry.tell('deployment');
    await eventually(() => fixture.registry.reports.at(-1)?.serving[0]?.generation === 3);
    expect((await Promise.all(clients.map((key) => classify(url, key)))).map(({ version }) => version)).toEqual(
      clients.map(() => 1),
    );
    await eventually(() => fixture.registry.reports.at(-1)?.trials.length === 0);
  });
});

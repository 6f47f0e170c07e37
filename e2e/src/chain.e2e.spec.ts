/**
 * The chain as a team uses it, through the command line, on real servers: land, retrain, review, promote, classify,
 * roll back; with bad files among the good ones, and with workers that die.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMinioStore } from '@graft/artifacts';
import type { Classification, LedgerEntry, ModelVersion, QuarantineEntry, Run } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { ensureEmojiArt, repositoryRoot } from '@graft/tools';
import { badFiles } from './bad-images.js';
import { createSystem, until, type System } from './harness.js';

const LABELS = ['Animals & Nature', 'Food & Drink', 'Flags'];
const PER_LABEL = 60;
const STACK_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 240_000;

const PIPELINE = `
schemaVersion: pipeline.v1
name: small
data: { dataset: small }
train: { epochs: 40 }
gate: { minTestImages: 10 }
`;

interface Status {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly pid: number | null }[];
}

let system: System;
let folder: string;

/** A folder of emoji art, `<label>/<vendor>-<code>.png`. */
const writeLanding = async (vendor: 'google' | 'twitter', range: readonly [number, number]): Promise<string> => {
  const art = (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir }))[vendor];
  const directory = await mkdtemp(join(folder, `${vendor}-`));
  for (const label of LABELS) {
    await mkdir(join(directory, label), { recursive: true });
    for (const { path } of art.filter((entry) => entry.label === label).slice(...range)) {
      await writeFile(join(directory, label, `${vendor}-${basename(path)}`), await readFile(path));
    }
  }
  return directory;
};

const land = (directory: string, source: string): Promise<unknown> =>
  system.json(['data', 'land', 'small', directory, '--source', source, '--group-pattern', '^[a-z]+-(.+)\\.png$']);

const listRuns = (): Promise<Run[]> => system.json<Run[]>(['runs', 'list', '--pipeline', 'small']);

/** The run after those already known, once it has ended. */
const nextRun = async (known: readonly Run[]): Promise<Run> => {
  const ids = new Set(known.map(({ id }) => id));
  return until(async () => (await listRuns()).find((run) => !ids.has(run.id) && run.state !== 'running'), {
    what: 'a finished run',
    timeoutMs: RUN_TIMEOUT_MS,
    everyMs: 500,
  });
};

const pidOf = async (name: string): Promise<number> => {
  const stacks = await system.json<Status[]>(['status', '--stack', 'default']);
  const pid = stacks[0]?.parts.find((part) => part.name === name)?.pid;
  if (pid == null) throw new Error(`${name} doesn't run`);
  return pid;
};

/** The process and all that came from it, as /proc tells. */
const processTree = async (pid: number): Promise<number[]> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(
    children
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map((child) => processTree(Number(child))),
  );
  return [pid, ...below.flat()];
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-landing-'));
  system = await createSystem('chain');
  const up = await system.graft(['up'], { timeoutMs: STACK_TIMEOUT_MS });
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await system.json(['data', 'create', 'small', '--quiet', '2']);
  const file = join(folder, 'small.yaml');
  await writeFile(file, PIPELINE);
  await system.json(['pipelines', 'apply', file]);
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('a first landing with bad files in it', () => {
  let run: Run;
  beforeAll(async () => {
    const directory = await writeLanding('google', [0, PER_LABEL]);
    for (const { fileName, bytes } of await badFiles()) await writeFile(join(directory, 'Flags', fileName), bytes);
    await mkdir(join(directory, 'Empty label'));
    await land(directory, 'google');
    run = await nextRun([]);
  }, RUN_TIMEOUT_MS);

  it('goes on to a version all the same', () => {
    expect(run).toMatchObject({
      state: 'succeeded',
      version: 1,
      error: null,
      embedded: LABELS.length * PER_LABEL,
      reused: 0,
    });
  });

  it('leaves each bad file in quarantine with its reason', async () => {
    const entries = await system.json<QuarantineEntry[]>(['data', 'quarantine', 'small']);
    const found = Object.fromEntries(entries.map(({ key, reason }) => [basename(key), reason]));
    expect(found).toEqual(Object.fromEntries((await badFiles()).map(({ fileName, reason }) => [fileName, reason])));
    for (const { detail } of entries) expect(detail.length).toBeGreaterThan(10);
  });

  it('serves nothing before a person has approved it', async () => {
    const answer = await system.graft(['classify', 'small', join(repositoryRoot(), 'LICENSE')]);
    expect(answer.exitCode).toBe(4);
    const promotion = await system.graft(['promote', 'small', '1']);
    expect(promotion.exitCode).toBe(3);
    expect(promotion.stderr).toMatch(/approve/);
  });

  it('refuses a decision about a report that is not the present one', async () => {
    const answer = await system.graft([
      'approve',
      'small',
      '1',
      '--report',
      'f'.repeat(12),
      '--reason',
      'looked at another',
    ]);
    expect(answer.exitCode).toBe(6);
    expect((await system.json<ModelVersion[]>(['review', 'small']))[0]?.state).toBe('candidate');
  });

  it('is reviewed, promoted and served', async () => {
    expect(await system.json(['approve', 'small', '1', '--reason', 'fine'])).toMatchObject({ state: 'approved' });
    expect(await system.json(['promote', 'small', '1'])).toMatchObject({ state: 'swapped', generation: 1 });
    const art = (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir })).google
      .filter(({ label }) => label === 'Flags')
      .slice(0, 5);
    const answers = await system.json<Classification[]>(['classify', 'small', ...art.map(({ path }) => path)]);
    expect(answers.map(({ version, generation }) => ({ version, generation }))).toEqual(
      art.map(() => ({ version: 1, generation: 1 })),
    );
    expect(answers.filter(({ classes }) => classes[0]?.label === 'Flags').length).toBeGreaterThanOrEqual(4);
  });
});

describe('a second landing, through any S3 client', () => {
  it(
    'survives kill -9 of the trainer and its child, and registers one version',
    async () => {
      const known = await listRuns();
      const directory = await writeLanding('twitter', [0, PER_LABEL]);
      const environment = Object.fromEntries(
        (await system.graft(['env'])).stdout
          .split('\n')
          .map((line) => /^export (\w+)='(.*)'$/.exec(line))
          .flatMap((match) => (match === null ? [] : [[match[1], match[2]]])),
      ) as Record<string, string>;
      const bucket = createMinioStore({
        endpoint: environment.AWS_ENDPOINT_URL ?? '',
        accessKey: environment.AWS_ACCESS_KEY_ID ?? '',
        secretKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
        region: environment.AWS_REGION ?? 'us-east-1',
        bucket: environment.GRAFT_LANDING_BUCKET ?? '',
      });
      for (const label of LABELS) {
        for (const file of (await import('node:fs')).readdirSync(join(directory, label))) {
          const group = /^[a-z]+-(.+)\.png$/.exec(file)?.[1] ?? file;
          await bucket.put(`small/${label}/${file}`, await readFile(join(directory, label, file)), {
            metadata: { group, source: 'twitter' },
          });
        }
      }
      const ids = new Set(known.map(({ id }) => id));
      await until(async () => (await listRuns()).some((run) => !ids.has(run.id)), {
        what: 'the run',
        timeoutMs: 60_000,
        everyMs: 50,
      });
      for (const pid of (await processTree(await pidOf('trainer'))).reverse()) process.kill(pid, 'SIGKILL');
      const up = await system.graft(['up'], { timeoutMs: STACK_TIMEOUT_MS });
      expect(up.exitCode).toBe(0);
      const run = await nextRun(known);
      expect(run).toMatchObject({
        state: 'succeeded',
        version: 2,
        reused: LABELS.length * PER_LABEL,
        embedded: LABELS.length * PER_LABEL,
      });
      expect((await system.json<ModelVersion[]>(['review', 'small'])).map(({ version }) => version)).toEqual([2, 1]);
    },
    RUN_TIMEOUT_MS + STACK_TIMEOUT_MS,
  );

  it('is promoted, and taken back by one command', async () => {
    await system.json([
      'approve',
      'small',
      '2',
      '--override-gate',
      '--reason',
      'the test goes on whatever the gate says',
    ]);
    await system.json(['promote', 'small', '2']);
    const back = await system.json<{ entry: LedgerEntry; replicas: number; acknowledgedMs: number }>([
      'rollback',
      'small',
      '--reason',
      'taken back',
    ]);
    expect(back).toMatchObject({ entry: { version: 1, generation: 3, action: 'rollback' }, replicas: 1 });
    const ledger = await system.json<LedgerEntry[]>(['ledger', 'small']);
    expect(ledger.map(({ version, by }) => ({ version, by }))).toEqual(
      [1, 2, 1].map((version) => ({ version, by: expect.stringContaining('e2e') })),
    );
  });
});

describe('a dataset that nothing can be learned from', () => {
  it(
    'is refused with what to do',
    async () => {
      await system.json(['data', 'create', 'single', '--quiet', '1']);
      const file = join(folder, 'single.yaml');
      await writeFile(file, PIPELINE.replaceAll('small', 'single'));
      await system.json(['pipelines', 'apply', file]);
      const directory = await mkdtemp(join(folder, 'single-'));
      const art = (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir })).google
        .filter(({ label }) => label === 'Flags')
        .slice(0, 12);
      await mkdir(join(directory, 'Flags'));
      for (const { path } of art) await writeFile(join(directory, 'Flags', basename(path)), await readFile(path));
      await system.json(['data', 'land', 'single', directory]);
      const run = await until(
        async () =>
          (await system.json<Run[]>(['runs', 'list', '--pipeline', 'single'])).find(({ state }) => state !== 'running'),
        { what: 'the refused run', timeoutMs: RUN_TIMEOUT_MS },
      );
      expect(run).toMatchObject({
        state: 'failed',
        version: null,
        error: { code: 'dataset_unfit', message: expect.stringMatching(/label/) },
      });
    },
    RUN_TIMEOUT_MS,
  );
});

describe('things that are not there', () => {
  it.each([
    ['a model', ['review', 'wasps']],
    ['a version', ['review', 'small', '99']],
    ['a version to promote', ['promote', 'small', '99']],
    ['a model to roll back', ['rollback', 'wasps', '--reason', 'x']],
    ['a dataset', ['data', 'versions', 'wasps']],
    ['a dataset to land in', ['data', 'land', 'wasps', 'libs']],
    ['a pipeline', ['pipelines', 'show', 'wasps']],
    ['a run', ['runs', 'show', 'wasps']],
  ])('%s: exit code 4, and what was asked', async (_told, args) => {
    const answer = await system.graft(args);
    expect(answer.exitCode).toBe(4);
    expect(answer.stderr).toMatch(/wasps|99/);
    expect(answer.stderr).not.toMatch(/\n {4}at /);
  });

  it('a pipeline with mistakes: exit code 2, with line and field', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(
      file,
      'schemaVersion: pipeline.v1\nname: wrong\ndata:\n  dataset: small\ntrain:\n  epochs: many\n  learningrate: 1\n',
    );
    const answer = await system.graft(['pipelines', 'validate', file]);
    expect(answer.exitCode).toBe(2);
    expect(answer.stderr).toMatch(/wrong\.yaml:6:\d+ train\.epochs/);
    expect(answer.stderr).toMatch(/learningrate/);
  });
});

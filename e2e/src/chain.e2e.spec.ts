/**
 * The chain as a team uses it, through the command line, on real servers: land, retrain, review, promote, classify,
 * roll back; with bad files among the good ones, and with workers that die.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentKey } from '@graft/artifacts';
import type {
  BulkAnswer,
  BulkClassification,
  Classification,
  LedgerEntry,
  ModelVersion,
  QuarantineEntry,
  ReproductionReport,
  Run,
  Trial,
} from '@graft/contracts';
import { decodeOnnx, encodeOnnx } from '@graft/models';
import { repositoryRoot, type EmojiVendor } from '@graft/tools';
import { badFiles } from './bad-images.js';
import { EMOJI_GROUP, emojiOf, writeEmojiFolder } from './emoji-folder.js';
import { artifactsBucket, clientEnvironment, createSystem, landingBucket, until, type System } from './harness.js';
import { killPart } from './kill-part.js';

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

/** What `graft why --json` tells, as far as it is looked at. */
interface ServingStory {
  readonly entry: LedgerEntry;
  readonly until: string | null;
}
interface Verification {
  readonly objects: number;
  readonly problems: readonly { readonly problem: string; readonly what: string }[];
}

let system: System;
let folder: string;

const writeLanding = (vendor: EmojiVendor): Promise<string> =>
  writeEmojiFolder({ parent: folder, vendor, labels: LABELS, end: PER_LABEL });

const land = (directory: string, source: string): Promise<unknown> =>
  system.json(['data', 'land', 'small', directory, '--source', source, '--group-pattern', EMOJI_GROUP]);

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
});

describe('a first landing with bad files in it', () => {
  let run: Run;
  beforeAll(async () => {
    const directory = await writeLanding('google');
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
    const art = (await emojiOf('google', 'Flags')).slice(0, 5);
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
      const directory = await writeLanding('twitter');
      const bucket = await landingBucket(system);
      for (const label of LABELS) {
        for (const file of await readdir(join(directory, label))) {
          const group = new RegExp(EMOJI_GROUP).exec(file)?.[1] ?? file;
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
      expect(await killPart(system, 'trainer')).toBe(true);
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

describe('what serves, asked later', () => {
  it('why: who promoted it, on what evidence, from which data; and what served before the rollback', async () => {
    const [now] = await system.json<ServingStory[]>(['why', 'small']);
    expect(now).toMatchObject({
      environment: 'production',
      until: null,
      entry: { action: 'rollback', version: 1, generation: 3 },
      account: {
        version: { version: 1 },
        datasetVersion: { dataset: 'small', number: 1 },
        decisions: [{ decision: 'approve' }],
      },
    });
    const at = new Date(Date.parse(now?.entry.at ?? '') - 1).toISOString();
    const [before] = await system.json<ServingStory[]>(['why', 'small', '--at', at]);
    expect(before).toMatchObject({ until: now?.entry.at, entry: { action: 'promote', version: 2, generation: 2 } });
    const page = await system.graft(['why', 'small']);
    expect(page.stdout).toMatch(/production serves version 1 \(fp32\) of small\n {2}since .*\(generation 3\)\n/);
    expect(page.stdout).toMatch(/ data +small 1 \([0-9a-f]{12}\): 180 images; from google 180\n/);
    const early = await system.graft(['why', 'small', '--at', '2020-01-01']);
    expect([early.exitCode, early.stderr]).toEqual([4, expect.stringContaining('its first promotion was')]);
    expect((await system.graft(['why', 'small', '--at', 'yesterday'])).exitCode).toBe(2);
  });

  it('verify: every object and the ledger; a byte that was changed is named, and so is what is gone', async () => {
    expect(await system.json(['epoch'])).toMatchObject({ epoch: 1, ahead: [] });
    const whole = await system.json<Verification>(['verify']);
    expect(whole).toMatchObject({ models: 1, versions: 2, problems: [], ledgers: [{ generations: 3, problem: null }] });
    expect(whole.objects).toBeGreaterThan(2 * LABELS.length * PER_LABEL);
    const artifacts = await artifactsBucket(system);
    const files = (await system.json<ModelVersion[]>(['review', 'small']))[0]?.artifacts ?? [];
    const model = files.find(({ kind }) => kind === 'model')?.digest ?? '';
    const golden = files.find(({ kind }) => kind === 'golden')?.digest ?? '';
    const [modelKey, goldenKey] = [contentKey(model), contentKey(golden)];
    const kept = [await artifacts.get(modelKey), await artifacts.get(goldenKey)];
    const bytes = Uint8Array.from(kept[0]?.bytes ?? []);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await artifacts.put(modelKey, bytes);
    await artifacts.remove(goldenKey);
    const broken = await system.graft(['verify', 'small', '--json']);
    expect(broken.exitCode).toBe(1);
    expect((JSON.parse(broken.stdout) as Verification).problems.map(({ problem, what }) => [problem, what])).toEqual([
      ['missing', 'the golden artifact (fp32) of small 2'],
      ['corrupt', 'the model artifact (fp32) of small 2'],
    ]);
    const refused = await system.graft(['export', 'small', '2', join(folder, 'broken')]);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(model)]);
    await artifacts.put(modelKey, kept[0]?.bytes ?? new Uint8Array());
    await artifacts.put(goldenKey, kept[1]?.bytes ?? new Uint8Array());
    expect(await system.json<Verification>(['verify', 'small'])).toMatchObject({ problems: [] });
  });

  it(
    'reproduce: version 1, made again from its lineage, is the same to the byte, and nothing else comes of it',
    async () => {
      const runs = await listRuns();
      const report = await system.json<ReproductionReport>(['reproduce', 'small', '1'], { timeoutMs: RUN_TIMEOUT_MS });
      expect(report).toMatchObject({ model: 'small', version: 1, fresh: false, outcome: 'identical' });
      expect(report.steps.map(({ what, result }) => [what, result])).toEqual([
        ...[
          ['embedder', 'pinned'],
          ['activations', 'pinned'],
          ['plan', 'pinned'],
          ['trained', 'identical'],
        ],
        ...[
          ['model', 'identical'],
          ['predictions', 'identical'],
          ['figures', 'identical'],
        ],
      ]);
      expect(await listRuns()).toEqual(runs);
      expect((await system.json<ModelVersion[]>(['review', 'small'])).map(({ version }) => version)).toEqual([2, 1]);
    },
    RUN_TIMEOUT_MS,
  );

  it('export: a folder whose checksums hold, with the model that serves', async () => {
    const target = join(folder, 'exported');
    const exported = await system.json<{ files: { file: string; sha256: string }[] }>(['export', 'small', '1', target]);
    expect((await readdir(target)).sort()).toEqual([...exported.files.map(({ file }) => file), 'SHA256SUMS'].sort());
    for (const { file, sha256 } of exported.files)
      expect(
        createHash('sha256')
          .update(await readFile(join(target, file)))
          .digest('hex'),
      ).toBe(sha256);
    const [story] = await system.json<ServingStory[]>(['why', 'small']);
    expect(exported.files.find(({ file }) => file === 'model.onnx')?.sha256).toBe(story?.entry.artifactDigest);
    expect(JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8'))).toMatchObject({
      ...{ model: 'small', version: 1, artifactDigest: story?.entry.artifactDigest },
      files: exported.files.filter(({ file }) => file !== 'manifest.json'),
    });
    expect((await readFile(join(target, 'labels.txt'), 'utf8')).split('\n')).toEqual([...LABELS].sort().concat(''));
    const card = await readFile(join(target, 'card.md'), 'utf8');
    expect(card).toMatch(/^# small, version 1 \(fp32\)\n/);
    expect(card).toMatch(/small, version 1 \(`[0-9a-f]{64}`\): 180 images/);
    const again = await system.graft(['export', 'small', '1', target]);
    expect([again.exitCode, again.stderr]).toEqual([6, expect.stringContaining('is not empty')]);
  });

  it('freeze: nothing is promoted until it ends', async () => {
    await system.json(['freeze', 'small', '--reason', 'incident 7']);
    await system.json(['approve', 'small', '2', '--override-gate', '--reason', 'a second look']);
    const refused = await system.graft(['promote', 'small', '2', '--reason', 'again']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/frozen by e2e since .* \(incident 7\)/),
    ]);
    expect(await system.json(['freeze'])).toMatchObject([{ model: 'small', reason: 'incident 7', ended: null }]);
    await system.json(['unfreeze', 'small', '--reason', 'it is over']);
    expect(await system.json(['freeze'])).toEqual([]);
  });
});

describe('a canary that is worse', () => {
  /** Its labels in the order of its outputs; two of them changed places. */
  const permuted = async (path: string): Promise<string> => {
    const labels = (await readFile(path, 'utf8')).trim().split('\n');
    const swapped = join(folder, 'permuted.txt');
    const other: Readonly<Record<string, string>> = { Flags: 'Food & Drink', 'Food & Drink': 'Flags' };
    await writeFile(swapped, labels.map((label) => other[label] ?? label).join('\n'));
    return swapped;
  };

  /** The same network, whose one output has a name of its own: what is called `probabilities` has to be in the order of the labels. */
  const renamed = async (path: string): Promise<string> => {
    const model = decodeOnnx(new Uint8Array(await readFile(path)));
    const scores = (name: string): string => (name === 'probabilities' ? 'scores' : name);
    const file = join(folder, 'permuted.onnx');
    await writeFile(
      file,
      encodeOnnx({
        ...model,
        nodes: model.nodes.map((node) => ({
          ...{ ...node, inputs: node.inputs.map(scores), outputs: node.outputs.map(scores) },
        })),
        outputs: model.outputs
          .filter(({ name }) => name === 'probabilities')
          .map((output) => ({ ...output, name: 'scores' })),
      }),
    );
    return file;
  };

  it(
    'is taken back by itself once enough true labels have come, and the ledger keeps the evidence',
    async () => {
      const exported = join(folder, 'exported');
      const model = join(exported, 'model.onnx');
      const adopt = (file: string, labels: string, ...more: string[]): Promise<unknown> =>
        system.json([
          ...['adopt', file, '--model', 'planted', '--labels', labels, '--dataset', 'small'],
          ...['--preprocessing', join(exported, 'preprocessing.json'), '--reason', 'for the trial', ...more],
        ]);
      const labels = join(exported, 'labels.txt');
      await adopt(model, labels);
      await adopt(await renamed(model), await permuted(labels), '--override-gate', '--no-promote');
      await system.json([
        ...['canary', 'planted', '2', '--reason', 'planted', '--no-promote'],
        ...['--steps', '50', '--step-requests', '100000'],
      ]);
      const { GRAFT_SERVING_URL: serving = '' } = await clientEnvironment(system);
      const pictures = await Promise.all(
        LABELS.map(async (label) =>
          Promise.all((await emojiOf('google', label)).slice(0, PER_LABEL).map(({ path }) => readFile(path))),
        ),
      );
      const answeredBy = new Set<number>();
      let asked = 0;
      /** As people do: some requests, each by somebody else, and what was true a moment later. */
      const useIt = async (): Promise<void> => {
        for (let at = 0; at < 30; at += 1, asked += 1) {
          const label = LABELS[asked % LABELS.length] ?? '';
          const image = pictures[asked % LABELS.length]?.[Math.floor(asked / LABELS.length) % PER_LABEL] ?? Buffer.of();
          const answer = await fetch(`${serving}/v1/models/planted:classify`, {
            ...{ method: 'POST', body: new Uint8Array(image) },
            headers: { 'content-type': 'image/png', 'x-graft-key': `person ${asked}` },
          });
          expect(answer.status).toBe(200);
          const { requestId, version } = (await answer.json()) as Classification & { requestId: string };
          answeredBy.add(version);
          const told = await fetch(`${serving}/v1/feedback`, {
            ...{ method: 'POST', body: JSON.stringify({ requestId, label, by: 'e2e' }) },
            headers: { 'content-type': 'application/json' },
          });
          expect(told.ok).toBe(true);
        }
      };
      const ended = await until(
        async () => {
          await useIt();
          const trial = await system.json<Trial>(['trial', 'planted']);
          return trial.state !== 'running' && trial;
        },
        { what: 'the end of the trial', timeoutMs: RUN_TIMEOUT_MS },
      );
      expect(ended).toMatchObject({ state: 'rolled_back', version: 2, championVersion: 1 });
      expect(answeredBy).toEqual(new Set([1, 2]));
      const [last] = await system.json<LedgerEntry[]>(['ledger', 'planted']);
      expect(last).toMatchObject({ action: 'trial_end', version: 1, by: 'registry', trial: { version: 2 } });
      expect(last?.reason).toMatch(/label/);
      expect((await system.json<ModelVersion[]>(['review', 'planted'])).map(({ state }) => state)).toEqual([
        'withdrawn',
        'approved',
      ]);
    },
    RUN_TIMEOUT_MS,
  );
});

describe('a whole prefix', () => {
  it(
    'is classified by a workflow, line by line what serving says, with the reason where nothing can be said',
    async () => {
      const art = (await emojiOf('google', 'Flags')).slice(0, 3);
      const bucket = await landingBucket(system);
      // Beside the datasets: nobody watches there.
      for (const { path } of art) await bucket.put(`elsewhere/new/${basename(path)}`, await readFile(path));
      await bucket.put('elsewhere/new/notes.txt', new TextEncoder().encode('no picture'));
      const out = join(folder, 'answers.jsonl');
      const { GRAFT_LANDING_BUCKET: landing = '' } = await clientEnvironment(system);
      const asked = ['classify', 'small', '--prefix', `s3://${landing}/elsewhere/new`, '--out', out];
      const done = await system.json<BulkClassification>(asked, { timeoutMs: RUN_TIMEOUT_MS });
      expect(done).toMatchObject({ state: 'succeeded', version: 1, objects: 4, unfit: 1, total: 4 });
      const lines = (await readFile(out, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as BulkAnswer);
      expect(lines.map(({ key }) => basename(key))).toEqual(
        [...art.map(({ path }) => basename(path)), 'notes.txt'].sort(),
      );
      const served = await system.json<Classification[]>(['classify', 'small', ...art.map(({ path }) => path)]);
      for (const [at, { path }] of art.entries()) {
        const line = lines.find(({ key }) => basename(key) === basename(path));
        const [ours, theirs] = [line?.classes[0], served[at]?.classes[0]];
        expect(ours?.label).toBe(theirs?.label);
        expect(ours?.probability).toBeCloseTo(theirs?.probability ?? NaN, 3);
      }
      expect(lines.find(({ error }) => error !== null)).toMatchObject({ classes: [], error: { code: 'image_unfit' } });
      expect(await system.json<BulkClassification[]>(['bulk', 'list'])).toMatchObject([{ id: done.id }]);
      const again = await system.graft(asked);
      expect([again.exitCode, again.stderr]).toEqual([6, expect.stringContaining('is there already')]);
      const typo = await system.graft([...asked.slice(0, 3), `s3://${landing}/elsewhere/old/`, '--out', `${out}.2`]);
      expect([typo.exitCode, typo.stderr]).toEqual([4, expect.stringContaining('nothing lies under')]);
    },
    RUN_TIMEOUT_MS,
  );
});

describe("a colleague's token", () => {
  it('is theirs on the command line too, with and without a local stack', async () => {
    const { token } = await system.json<{ token: string }>(['token', 'create', 'carla', '--role', 'viewer']);
    const environment = await clientEnvironment(system);
    const alone = { GRAFT_REGISTRY_URL: environment.GRAFT_REGISTRY_URL ?? '', GRAFT_REGISTRY_TOKEN: token };
    for (const env of [{ GRAFT_REGISTRY_TOKEN: token }, alone, { ...alone, XDG_STATE_HOME: folder }]) {
      expect((await system.graft(['why', 'small'], { env })).stderr).not.toMatch(/no stack/);
      const refused = await system.graft(['freeze', 'small', '--reason', 'mine'], { env });
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringMatching(/token "carla" is of role viewer/)]);
    }
    const elsewhere = await system.graft(['ledger', 'small'], {
      env: { ...alone, GRAFT_STACK: 'default', GRAFT_REGISTRY_URL: 'http://127.0.0.1:9' },
    });
    expect([elsewhere.exitCode, elsewhere.stderr]).toEqual([2, expect.stringMatching(/unset one of them/)]);
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
      const art = (await emojiOf('google', 'Flags')).slice(0, 12);
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

describe('a landing in which nothing is an image', () => {
  it(
    'makes no version, and says why all the same',
    async () => {
      await system.json(['data', 'create', 'hopeless', '--quiet', '1']);
      const directory = await mkdtemp(join(folder, 'hopeless-'));
      await mkdir(join(directory, 'Flags'));
      for (const { fileName, bytes } of await badFiles()) await writeFile(join(directory, 'Flags', fileName), bytes);
      await system.json(['data', 'land', 'hopeless', directory]);
      const entries = await until(
        async () => {
          const found = await system.json<QuarantineEntry[]>(['data', 'quarantine', 'hopeless']);
          return found.length > 0 && found;
        },
        { what: 'the quarantine', timeoutMs: RUN_TIMEOUT_MS },
      );
      expect(entries.map(({ reason }) => reason).sort()).toEqual((await badFiles()).map(({ reason }) => reason).sort());
      expect(await system.json(['data', 'versions', 'hopeless'])).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );
});

describe('things that are not there', () => {
  it.each([
    ['a model', ['review', 'wasps']],
    ['a version', ['review', 'small', '99']],
    ['a version to promote', ['promote', 'small', '99']],
    ['a version to make again', ['reproduce', 'small', '99']],
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

describe('a model that gets another name', () => {
  it(
    'keeps what it has, once no pipeline makes versions under the old one',
    async () => {
      const refused = await system.graft(['models', 'rename', 'small', 'little']);
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('disable that first')]);
      await system.json(['pipelines', 'disable', 'small']);
      expect(await system.json(['models', 'rename', 'small', 'little'])).toMatchObject({
        name: 'little',
        latestVersion: 2,
      });
      expect(await system.json<LedgerEntry[]>(['ledger', 'little'])).not.toEqual([]);
      expect((await system.graft(['ledger', 'small'])).exitCode).toBe(4);
      // Made again under its old name, which is written into the file.
      expect(await system.json(['reproduce', 'little', '2'], { timeoutMs: RUN_TIMEOUT_MS })).toMatchObject({
        ...{ model: 'little', version: 2, outcome: 'identical' },
      });
    },
    RUN_TIMEOUT_MS,
  );
});

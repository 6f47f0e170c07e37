/**
 * Bench `registry`: committing a promotion and asking for the champion, against MLflow's own server setting an alias and asking for
 * it, by the same client on models of sixty versions; and searching ten thousand versions, which ours has while it is raced. The
 * targets are judged against MLflow's server as it comes; it is raced tuned as well.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { ensureMlflowServerPython } from '../python/reference-python.js';
import type { OnProgress } from '../system/cache-entry.js';
import type { Bench, BenchOptions } from './bench.js';
import { everywhere } from './finetune-contestants.js';
import {
  ALIASABLE,
  makeAliasable,
  makeSearchable,
  makeVersions,
  MLFLOW,
  MODEL,
  nameOf,
  runOf,
  type SearchSizes,
} from './registry-fixture.js';
import { callServer, withMlflowServer, withRegistry, type HttpServer, type MlflowOptions } from './registry-servers.js';
import { createReport, describeMachine, judgeTarget, type BenchMeasurement, type BenchReport } from './report.js';
import { measureRatio, pairedRatios, quantileOf, spreadOf, takeTurns, type Contestant } from './take-turns.js';

const SEARCHABLE: SearchSizes = { models: 100, versionsEach: 100 };
const SEARCHES = 1_000;
const SEARCHES_WARM_UP = 100;
const SEARCH_P99_MS = 20;
const TIMES_AS_FAST = 10;

type Part = Pick<BenchReport, 'measurements' | 'targets'>;
type MlflowSetting = MlflowOptions['setting'];

const controlOf = (name: string): string => `${name} (control)`;

/** Seconds of one call. */
type TimedCall = () => Promise<number>;

const secondsOf = async (act: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await act();
  return (performance.now() - from) / 1000;
};

/** A round is a number of calls, one after the other; what counts of it is the median call. */
const contestant = (name: string, calls: number, call: TimedCall): Contestant => ({
  name,
  round: async () => {
    const seconds: number[] = [];
    for (let at = 0; at < calls; at++) seconds.push(await call());
    return { seconds: quantileOf(seconds, 0.5), units: 1 };
  },
});

const promotionSchema = z.object({ id: z.string(), state: z.string() });
const deploymentSchema = z.object({
  deployment: z.object({ generation: z.int(), target: z.object({ version: z.int() }) }),
});

/** Asks for a promotion and prepares it; the commit is what is timed: the swap, the row of the ledger, the event, durable. */
const committer = (server: HttpServer, versions: readonly [number, number]): TimedCall => {
  let generation = 0;
  return async () => {
    const asked = await callServer(server, 'POST', `/v1/models/${MODEL}/promotions`, {
      ...{ version: versions[generation % 2], environment: 'production', expectedGeneration: generation },
      reason: 'to be timed',
    });
    const { id } = promotionSchema.parse(asked);
    await callServer(server, 'POST', `/v1/promotions/${id}/prepare`);
    let answer: unknown;
    const seconds = await secondsOf(async () => {
      answer = await callServer(server, 'POST', `/v1/promotions/${id}/commit`);
    });
    const { state } = promotionSchema.parse(answer);
    if (state !== 'committed') throw new AppError('internal', `promotion ${id} is ${state}, and was to be committed`);
    generation += 1;
    return seconds;
  };
};

const aliasSetter = (server: HttpServer): TimedCall => {
  let turn = 0;
  return () => {
    turn += 1;
    const body = { name: MODEL, alias: 'champion', version: `${1 + (turn % ALIASABLE)}` };
    return secondsOf(() => callServer(server, 'POST', `${MLFLOW}/registered-models/alias`, body));
  };
};

const championGetter =
  (server: HttpServer): TimedCall =>
  async () => {
    let answer: unknown;
    const path = `/v1/models/${MODEL}/deployments/production`;
    const seconds = await secondsOf(async () => {
      answer = await callServer(server, 'GET', path);
    });
    deploymentSchema.parse(answer);
    return seconds;
  };

const aliasGetter =
  (server: HttpServer): TimedCall =>
  () =>
    secondsOf(() => callServer(server, 'GET', `${MLFLOW}/registered-models/alias?name=${MODEL}&alias=champion`));

interface Race {
  readonly ours: string;
  readonly peer: string;
  /** Null: raced, and not judged. */
  readonly target: string | null;
  /** Ours, its control, the peer, and others. */
  readonly contestants: readonly Contestant[];
}

const race = async (
  { target, ours, peer, contestants }: Race,
  { rounds, warmUp, onProgress }: BenchOptions,
): Promise<Part> => {
  const turns = await takeTurns({
    ...{ contestants, rounds, warmUp },
    onTurn: ({ round, name, perSecond, timed }) =>
      onProgress(
        `${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${(1000 / perSecond).toFixed(2)} ms at p50`,
      ),
  });
  const times = [...turns].map(([name, speeds]): BenchMeasurement => {
    const values = speeds.map((perSecond) => 1000 / perSecond);
    return { name: `${name}: p50`, unit: 'ms', median: quantileOf(values, 0.5), values };
  });
  const ratio = measureRatio(turns, ours, peer);
  const measurements = [...times, ratio];
  if (target === null) return { measurements, targets: [] };
  const spread = spreadOf(pairedRatios(turns, ours, controlOf(ours)));
  const { cpuClass } = describeMachine(1);
  const judged = judgeTarget({
    ...{ name: target, targets: everywhere(TIMES_AS_FAST), cpuClass, ratio: ratio.median, spread },
  });
  return { measurements, targets: [judged] };
};

const joinParts = (parts: readonly Part[]): Part => ({
  measurements: parts.flatMap(({ measurements }) => measurements),
  targets: parts.flatMap(({ targets }) => targets),
});

/** What people and tools look for, in turns. */
const searches = ({ models, versionsEach }: SearchSizes): ((at: number) => string)[] => [
  (at) => `name='${nameOf(at % models)}'`,
  (at) => `run_id='${runOf(at % models, 1 + (at % versionsEach))}'`,
  () => `tags.tier='gold'`,
  (at) => `tags.owner='team-${at % 10}' AND tags.tier='gold'`,
  () => `name LIKE 'other-00%'`,
  () => '',
];

const search = async (server: HttpServer, sizes: SearchSizes, onProgress: OnProgress): Promise<Part> => {
  onProgress(`searching ${sizes.models * sizes.versionsEach} versions, ${SEARCHES} times`);
  const kinds = searches(sizes);
  const values: number[] = [];
  for (let at = -SEARCHES_WARM_UP; at < SEARCHES; at++) {
    const index = at + SEARCHES_WARM_UP;
    const query = new URLSearchParams({ filter: kinds[index % kinds.length]?.(index) ?? '', max_results: '100' });
    let answer: unknown;
    const seconds = await secondsOf(async () => {
      answer = await callServer(server, 'GET', `${MLFLOW}/model-versions/search?${query}`);
    });
    const { model_versions: found } = z.object({ model_versions: z.array(z.unknown()).min(1) }).parse(answer);
    if (found.length > 100) throw new AppError('internal', `${found.length} versions on a page of 100`);
    if (at >= 0) values.push(seconds * 1000);
  }
  const p99 = quantileOf(values, 0.99);
  const one = (name: string, value: number): BenchMeasurement => ({ name, unit: 'ms', median: value, values: [value] });
  const total = sizes.models * sizes.versionsEach;
  return {
    measurements: [
      one(`a search over ${total} versions: p50`, quantileOf(values, 0.5)),
      one(`a search over ${total} versions: p99`, p99),
    ],
    targets: [
      {
        ...{ name: `search_${total}_p99_vs_${SEARCH_P99_MS}_ms`, ratio: p99 / SEARCH_P99_MS, spread: null, target: 1 },
        ...{ atMost: true as const, applies: true, met: p99 <= SEARCH_P99_MS },
      },
    ],
  };
};

/** Ours against MLflow's server in one setting: a change, and a question. */
const raceServers = async (
  { ours, peer, commit, setting }: { ours: HttpServer; peer: HttpServer; commit: TimedCall; setting: MlflowSetting },
  options: BenchOptions,
): Promise<Part> => {
  const { images: calls } = options;
  await makeAliasable(peer);
  const of = setting === 'default' ? 'mlflow' : 'mlflow, one worker';
  const [committing, getting] = ['promotion commit', 'get champion'];
  const changed = await race(
    {
      ...{ ours: committing, peer: `${of}: set alias` },
      target: setting === 'default' ? 'promote_commit_vs_mlflow_set_alias' : null,
      contestants: [
        contestant(committing, calls, commit),
        contestant(controlOf(committing), calls, commit),
        contestant(`${of}: set alias`, calls, aliasSetter(peer)),
      ],
    },
    options,
  );
  const got = await race(
    {
      ...{ ours: getting, peer: `${of}: get by alias` },
      target: setting === 'default' ? 'get_champion_vs_mlflow_get_by_alias' : null,
      contestants: [
        contestant(getting, calls, championGetter(ours)),
        contestant(controlOf(getting), calls, championGetter(ours)),
        contestant('get by alias from ours, by MLflow’s API', calls, aliasGetter(ours)),
        contestant(`${of}: get by alias`, calls, aliasGetter(peer)),
      ],
    },
    options,
  );
  return joinParts([changed, got]);
};

export const registryBench: Bench = {
  name: 'registry',
  images: 20,
  description: 'a promotion and the champion, against an alias on MLflow’s own server; a search over 10,000 versions',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureMlflowServerPython({ cacheDir, onProgress });
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      const parts = await withRegistry(onProgress, async (ours) => {
        onProgress('making versions');
        const commit = committer(ours, await makeVersions(ours));
        await makeSearchable(ours, SEARCHABLE, onProgress);
        const raced: Part[] = [];
        for (const setting of ['default', 'tuned'] as const) {
          onProgress(`starting MLflow's server (${setting})`);
          raced.push(
            await withMlflowServer({ python, folder, setting }, (peer) =>
              raceServers({ ours, peer, commit, setting }, options),
            ),
          );
        }
        return [...raced, await search(ours, SEARCHABLE, onProgress)];
      });
      const machine = describeMachine(availableParallelism());
      return createReport('registry', startedAt, { machine, ...joinParts(parts) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

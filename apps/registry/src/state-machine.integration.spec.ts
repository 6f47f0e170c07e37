/**
 * Reviews, promotions, rollbacks, freezes and epochs in any order, against a plain model of what should come of each: on the real
 * registry, with its database. What fails is told as the shortest list of acts that fails, and the seed to run it with.
 */
import { AppError, type ErrorCode, type LedgerEntry, type VersionState } from '@graft/contracts';
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createWorkshop } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const IS_SOAK = Boolean(process.env['GRAFT_SOAK']);
/** The same acts each time in the ordinary suite; others each time in the long one. */
const SEED = IS_SOAK ? Date.now() % 2 ** 31 : 26_112_026;
const RUNS = IS_SOAK ? 150 : 8;
const ACTS = 25;
/** Versions that acts are about. */
const RECENT = 4;

interface Version {
  state: VersionState;
  readonly isFailed: boolean;
  /** The generation of the champion that its report compares with. */
  readonly compared: number;
}

/** What the registry should be like. Versions count from 1. */
class Model {
  readonly versions: Version[] = [];
  readonly ledger: Pick<LedgerEntry, 'action' | 'version'>[] = [];
  /** What served, as an undo history: the last serves. */
  readonly undo: number[] = [];
  isFrozen = false;
  epoch = 1;

  get serving(): number | null {
    return this.undo.at(-1) ?? null;
  }

  /** 0 is the newest, 1 the one before; one of the newest few that are there, if there is any. */
  pick(asked: number): { number: number; version: Version } | null {
    const number = this.versions.length - (asked % Math.max(1, Math.min(RECENT, this.versions.length)));
    const version = this.versions[number - 1];
    return version === undefined ? null : { number, version };
  }

  /** Where a rollback goes. */
  get target(): number | null {
    const earlier = this.undo.slice(0, -1).filter((one) => one !== this.serving);
    return earlier.findLast((one) => this.versions[one - 1]?.state !== 'withdrawn') ?? null;
  }
}

type Workshop = Awaited<ReturnType<typeof createWorkshop>>;
interface Real extends Workshop {
  readonly admin: Registry;
}

type Outcome = ErrorCode | 'done';
const outcomeOf = (act: Promise<unknown>): Promise<Outcome> =>
  act.then(
    () => 'done' as const,
    (thrown: unknown) => {
      if (thrown instanceof AppError) return thrown.code;
      throw thrown;
    },
  );

interface Act {
  /** What it does to the model, and what the registry should answer. */
  expect(model: Model): Outcome;
  act(real: Real, model: Readonly<Model>): Promise<unknown>;
  told(): string;
}

/** Whatever comes in whatever order: what the model expects is what the registry answers. */
const toCommand = ({ expect: foretell, act, told }: Act): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    // First, since an act goes by the model as it was.
    const outcome = await outcomeOf(act(real, model));
    expect({ act: told(), outcome }).toEqual({ act: told(), outcome: foretell(model) });
    await checkInvariants(model, real);
  },
  toString: told,
});

const checkInvariants = async (model: Model, { admin, model: name }: Real): Promise<void> => {
  if (model.versions.length === 0) return;
  const [rows, deployment, versions] = await Promise.all([
    admin.listLedger(name),
    admin.getDeployment(name, 'production'),
    admin.listModelVersions(name),
  ]);
  const ledger = rows.toReversed();
  // Gapless, and one row a generation.
  expect(ledger.map(({ generation }) => generation)).toEqual(ledger.map((_, index) => index + 1));
  expect(() => verifyLedger(ledger)).not.toThrow();
  expect(ledger.map(({ action, version }) => ({ action, version }))).toEqual(model.ledger);
  expect(deployment?.target.version ?? null).toBe(model.serving);
  expect(deployment?.generation ?? 0).toBe(ledger.length);
  expect(versions.toReversed().map(({ state }) => state)).toEqual(model.versions.map(({ state }) => state));
};

const WAITING: readonly VersionState[] = ['candidate', 'blocked'];

const register = (isFailed: boolean): Act => ({
  told: () => (isFailed ? 'register one that failed its gate' : 'register'),
  act: ({ register: make }) => make(isFailed ? { gateVerdict: 'fail' } : {}),
  expect: (model) => {
    for (const version of model.versions)
      if (version.state === 'blocked' || (!isFailed && WAITING.includes(version.state))) version.state = 'superseded';
    model.versions.push({ state: isFailed ? 'blocked' : 'candidate', isFailed, compared: model.ledger.length });
    return 'done';
  },
});

const approve = (asked: number, overrideGate: boolean): Act => ({
  told: () => `approve ${asked}${overrideGate ? ', overriding the gate' : ''}`,
  act: async ({ admin, model: name }, model) => {
    const number = model.pick(asked)?.number ?? 1;
    const { reportDigest, championGeneration } = await admin.getReview(name, number);
    return admin.approve(name, number, { reportDigest, championGeneration, overrideGate, reason: 'as the trial says' });
  },
  expect: (model) => {
    const picked = model.pick(asked);
    if (picked === null) return 'not_found';
    const { version } = picked;
    if (version.state === 'approved') return 'done';
    if (version.state === 'rejected' || version.state === 'superseded') return 'conflict';
    if (version.state !== 'withdrawn' && version.compared !== model.ledger.length) return 'stale_generation';
    if (version.isFailed && !overrideGate) return 'refused';
    version.state = 'approved';
    return 'done';
  },
});

const reject = (asked: number): Act => ({
  told: () => `reject ${asked}`,
  act: async ({ admin, model: name }, model) => {
    const number = model.pick(asked)?.number ?? 1;
    const { reportDigest, championGeneration } = await admin.getReview(name, number);
    return admin.reject(name, number, { reportDigest, championGeneration, reason: 'as the trial says' });
  },
  expect: (model) => {
    const picked = model.pick(asked);
    if (picked === null) return 'not_found';
    if (picked.version.state === 'rejected') return 'done';
    if (!WAITING.includes(picked.version.state)) return 'conflict';
    picked.version.state = 'rejected';
    return 'done';
  },
});

const request = async ({ admin, model: name }: Real, number: number, expectedGeneration: number): Promise<unknown> => {
  const asked = { version: number, expectedGeneration, reason: 'as the trial says' };
  const { id } = await admin.requestPromotion(name, asked);
  await admin.preparePromotion(id);
  return admin.commitPromotion(id);
};

/** What a promotion comes to; nothing is changed. */
const rulePromotion = (model: Model, asked: number, isStale: boolean): Outcome => {
  const picked = model.pick(asked);
  if (picked === null) return 'not_found';
  if (picked.version.state !== 'approved' || model.isFrozen) return 'refused';
  if (isStale) return 'stale_generation';
  return picked.number === model.serving ? 'refused' : 'done';
};

const serve = (model: Model, number: number): void => {
  model.ledger.push({ action: 'promote', version: number });
  model.undo.push(number);
};

const promote = (asked: number, isStale: boolean): Act => ({
  told: () => `promote ${asked}${isStale ? ', having seen another generation' : ''}`,
  act: (real, model) =>
    request(real, model.pick(asked)?.number ?? 1, isStale ? model.ledger.length + 1 : model.ledger.length),
  expect: (model) => {
    const outcome = rulePromotion(model, asked, isStale);
    if (outcome === 'done') serve(model, model.pick(asked)?.number ?? 1);
    return outcome;
  },
});

const rollBack = (): Act => ({
  told: () => 'roll back',
  act: ({ admin, model: name }) => admin.rollback(name, { reason: 'as the trial says' }),
  expect: (model) => {
    if (model.versions.length === 0) return 'not_found';
    const { target, serving } = model;
    if (target === null || serving === null) return 'refused';
    model.ledger.push({ action: 'rollback', version: target });
    model.undo.length = model.undo.slice(0, -1).lastIndexOf(target) + 1;
    const left = model.versions[serving - 1];
    if (left !== undefined) left.state = 'withdrawn';
    return 'done';
  },
});

const freeze = (): Act => ({
  told: () => 'freeze',
  act: ({ admin, model: name }) => admin.freeze({ model: name, environment: null, reason: 'as the trial says' }),
  expect: (model) => {
    if (model.versions.length === 0) return 'not_found';
    model.isFrozen = true;
    return 'done';
  },
});

const unfreeze = (): Act => ({
  told: () => 'unfreeze',
  act: ({ admin, model: name }) => admin.unfreeze({ model: name, environment: null, reason: 'as the trial says' }),
  expect: (model) => {
    if (!model.isFrozen) return 'not_found';
    model.isFrozen = false;
    return 'done';
  },
});

const raiseEpoch = (): Act => ({
  told: () => 'begin a new epoch',
  act: async ({ admin }) => {
    const { epoch } = await admin.getEpoch();
    return admin.raiseEpoch({ expectedEpoch: epoch, reason: 'as the trial says' });
  },
  expect: (model) => {
    const { serving } = model;
    if (serving !== null) model.ledger.push({ action: 'restore', version: serving });
    return 'done';
  },
});

/** Several who saw the same: one wins, the others are told. */
class PromoteAtOnce implements fc.AsyncCommand<Model, Real> {
  constructor(private readonly asked: readonly number[]) {}
  check(model: Readonly<Model>): boolean {
    return model.versions.length > 0;
  }
  async run(model: Model, real: Real): Promise<void> {
    const generation = model.ledger.length;
    const asked = this.asked.filter(
      (one, index) => this.asked.findIndex((other) => model.pick(other)?.number === model.pick(one)?.number) === index,
    );
    const numbers = asked.map((one) => model.pick(one)?.number ?? 1);
    const foretold = asked.map((one) => rulePromotion(model, one, false));
    const outcomes = await Promise.all(numbers.map((number) => outcomeOf(request(real, number, generation))));
    const winners = numbers.filter((_, index) => outcomes[index] === 'done');
    expect(winners.length).toBe(foretold.includes('done') ? 1 : 0);
    for (const [index, outcome] of outcomes.entries()) {
      // Who lost has seen another generation by now; who could not have won anyway is told that, or this.
      const may = new Set<Outcome>([
        foretold[index] ?? 'done',
        ...(winners.length > 0 ? ['stale_generation' as const] : []),
      ]);
      expect([...may]).toContain(outcome);
    }
    for (const winner of winners) serve(model, winner);
    await checkInvariants(model, real);
  }
  toString(): string {
    return `promote ${this.asked.join(' and ')} at once`;
  }
}

/** The way to production, in one go. */
class Ship implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    for (const act of [register(false), approve(0, false), promote(0, false)]) await toCommand(act).run(model, real);
  }
  toString(): string {
    return 'register, approve, promote';
  }
}

const anyVersion = fc.nat({ max: RECENT - 1 });
const once = (act: () => Act): fc.Arbitrary<fc.AsyncCommand<Model, Real>> => fc.constant(0).map(() => toCommand(act()));
/** Those that lead somewhere are drawn more often. */
const COMMANDS = [
  fc.boolean().map((isFailed) => toCommand(register(isFailed))),
  fc.constant(0).map(() => new Ship()),
  fc.constant(0).map(() => new Ship()),
  fc.tuple(anyVersion, fc.boolean()).map(([asked, override]) => toCommand(approve(asked, override))),
  anyVersion.map((asked) => toCommand(approve(asked, true))),
  anyVersion.map((asked) => toCommand(promote(asked, false))),
  anyVersion.map((asked) => toCommand(promote(asked, false))),
  fc.tuple(anyVersion, fc.boolean()).map(([asked, isStale]) => toCommand(promote(asked, isStale))),
  fc.array(anyVersion, { minLength: 2, maxLength: 4 }).map((asked) => new PromoteAtOnce(asked)),
  anyVersion.map((asked) => toCommand(reject(asked))),
  once(rollBack),
  once(rollBack),
  once(rollBack),
  once(freeze),
  once(unfreeze),
  once(unfreeze),
  once(raiseEpoch),
  once(raiseEpoch),
];

/** Whether it was rolled back after a new epoch had begun. */
const rollsBackBeyondAnEpoch = ({ ledger }: Model): boolean =>
  ledger.slice(ledger.findIndex(({ action }) => action === 'restore')).some(({ action }) => action === 'rollback') &&
  ledger.some(({ action }) => action === 'restore');

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

describe('reviews, promotions, rollbacks, freezes and epochs in any order', () => {
  it(
    'end as a plain model says, with a gapless ledger whose last row is what serves',
    async () => {
      const admin = registry.as('admin');
      const trials: Model[] = [];
      await fc.assert(
        fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: ACTS, size: 'max' }), async (commands) => {
          const workshop = await createWorkshop(admin, `trial-${trials.length}`);
          const model = new Model();
          trials.push(model);
          const real = { ...workshop, admin };
          // Where there is nothing to roll back yet, most acts come to nothing.
          for (let time = 0; time < 2; time += 1) await new Ship().run(model, real);
          await fc.asyncModelRun(() => ({ model, real }), commands);
        }),
        { seed: SEED, numRuns: RUNS, endOnFailure: false },
      );
      // A trial that never rolls back shows nothing of rolling back.
      for (const action of ['rollback', 'restore'])
        expect(trials.filter(({ ledger }) => ledger.some((row) => row.action === action)).length).toBeGreaterThan(2);
      expect(trials.filter(rollsBackBeyondAnEpoch).length).toBeGreaterThan(1);
    },
    IS_SOAK ? 1_800_000 : 300_000,
  );
});

/**
 * Trials: a version beside the champion, in shadow or as a canary. Each step is a row of the ledger, whose champion stays; each look at
 * what replicas counted is a block of the sequential tests, and what is found worse is taken back at once, by the registry itself.
 */
import {
  AppError,
  canonicalJson,
  DEFAULT_STEPS,
  newTrialSchema,
  type LedgerTrial,
  type NewTrial,
  type Trial,
  type TrialPolicy,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import { ledgerTrialOf, type TrialRow } from '../repositories/trials.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { freezeOf } from '../rules/freeze.js';
import { checkPlace } from '../rules/promote.js';
import { servableOf } from '../rules/servable.js';
import { evidenceOf, findBreach, lookAgain, nextStep, sumReports, type TrialTests } from '../rules/trial-watch.js';
import { checkLedgerLeads } from './epochs.js';
import { keepChampion } from './keep-champion.js';
import { checkFreezes, requirePromotable } from './promotable.js';
import { checkStages } from './stages.js';
import { CLOCK_ACTOR, reviewSubject } from './subjects.js';
import { closeTrial, type TrialEnding } from './trial-ends.js';

/** Another row of the ledger: the champion as it is, and beside it what the row says. */
const writeRow = async (
  tx: Transaction,
  current: DeploymentRow,
  row: { action: 'trial' | 'trial_end'; trial: LedgerTrial; by: string; reason: string },
): Promise<void> => {
  const { model, environment } = current;
  await keepChampion(tx, current, { ...row, ...(await tx.ledger.stamp()), previous: current });
  // Replicas look again.
  tx.emit({ kind: 'deployment', subject: model, environment });
};

const headOf = async (tx: Transaction, { model, environment }: Pick<Trial, 'model' | 'environment'>) => {
  const current = await tx.deployments.get(model, environment);
  if (current === null) throw new Error(`${model} is on trial in ${environment} without a champion`);
  return current;
};

const end = async (tx: Transaction, trial: Trial, ending: TrialEnding, tests: TrialTests): Promise<Trial> => {
  const { by, reason } = ending;
  const told = { ...ledgerTrialOf(trial, 0), evidence: evidenceOf(tests) };
  await writeRow(tx, await headOf(tx, trial), { action: 'trial_end', trial: told, by, reason });
  return closeTrial(tx, trial, ending);
};

const percentAt = ({ steps }: TrialPolicy, step: number): number => steps[step] ?? 0;

const step = async (tx: Transaction, { trial, seen }: TrialRow): Promise<void> => {
  const next = trial.step + 1;
  const percent = percentAt(trial.policy, next);
  const stepped = await tx.trials.step(trial.id, next, seen);
  const reason = `${trial.stepRequests} requests at ${percentAt(trial.policy, trial.step)}% went well enough`;
  await writeRow(tx, await headOf(tx, trial), {
    ...{ action: 'trial', trial: ledgerTrialOf(stepped, percent), by: CLOCK_ACTOR, reason },
  });
  tx.emit({ kind: 'trial', subject: trial.id, environment: trial.environment });
};

/**
 * What was found worse: a canary's version is withdrawn as by a rollback, and needs a new approval; not where the champion is another form
 * of it.
 */
const rollBack = async (tx: Transaction, { trial, tests }: TrialRow, why: string): Promise<void> => {
  const { model, environment, version, championVersion, role } = trial;
  const reason = `the ${role} was worse: ${why}`;
  await end(tx, trial, { state: 'rolled_back', by: CLOCK_ACTOR, reason }, tests);
  if (role === 'shadow' || version === championVersion) return;
  await tx.models.lock(model);
  await tx.models.withdraw(model, version);
  tx.emit({ kind: 'review', subject: reviewSubject(model, version), environment });
};

/** It has come through: a shadow is over; a canary is promoted, and has its share of requests until then. */
const comeThrough = async (tx: Transaction, { trial, tests, promotionId }: TrialRow): Promise<void> => {
  const { id, role, model, environment, version, variant, policy, stepRequests } = trial;
  if (role === 'shadow') {
    const reason = `it came through: ${stepRequests} requests in its last step, and nothing found worse`;
    await end(tx, trial, { state: 'passed', by: CLOCK_ACTOR, reason }, tests);
    return;
  }
  // Asked for once: where it can't be, somebody has to see why.
  if (!policy.promote || promotionId !== null) return;
  const { generation: expectedGeneration } = await headOf(tx, trial);
  const promotion = await tx.promotions.create({
    ...{ id: uuid(), model, environment, version, variant, expectedGeneration, by: trial.by, automatic: false },
    reason: `its canary came through (${trial.reason})`,
    skipStages: false,
  });
  await tx.trials.askFor(id, promotion.id);
  tx.emit({ kind: 'promotion', subject: promotion.id, environment });
};

const look = async (tx: Transaction, row: TrialRow): Promise<TrialRow> => {
  const { trial, tests, seen } = row;
  const now = sumReports(await tx.trials.reports(trial.id), await tx.trials.labels(trial));
  if (canonicalJson(now) === canonicalJson(seen)) return row;
  const next = { tests: lookAgain(tests, seen, now), seen: now };
  await tx.trials.keepLook(trial.id, next);
  const stepRequests = trial.stepRequests + now.trial.requests - seen.trial.requests;
  return { ...row, ...next, trial: { ...trial, stepRequests } };
};

export const trialService = (db: Database) => {
  const find = async (tx: Pick<Transaction, 'trials'>, id: string): Promise<Trial> => {
    const trial = await tx.trials.get(id);
    if (trial === null) throw noSuch('trial', id);
    return trial;
  };

  /** One look at one trial: alone with its ledger, in a transaction of its own. */
  const watch = (id: string): Promise<void> =>
    db.transaction(async (tx) => {
      const row = await tx.trials.lock(id);
      if (row?.trial.state !== 'running') return;
      const seen = await look(tx, row);
      const breach = findBreach(seen.tests, seen.trial.policy);
      if (breach !== null) return rollBack(tx, seen, breach);
      const { policy, step: at, stepRequests } = seen.trial;
      const progress = nextStep({ policy, step: at, stepAgeSeconds: seen.stepAgeSeconds, stepRequests });
      // Where a freeze holds it goes on as it is: nothing gets more requests during an incident.
      if (progress === 'wait' || freezeOf(await tx.freezes.lock('shared'), seen.trial) !== null) return;
      if (progress === 'step') await step(tx, seen);
      if (progress === 'through') await comeThrough(tx, seen);
    });

  return {
    startTrial: (model: string, by: string, asked: NewTrial): Promise<Trial> =>
      db.transaction(async (tx) => {
        const { environment, version: number, role, expectedGeneration, reason, ...rest } = newTrialSchema.parse(asked);
        await tx.ledger.lock(model, environment);
        // Who takes the approval back meanwhile waits, and is told that it is on trial.
        const row = await tx.models.lock(model);
        if (row === null) throw noSuch('model', model, await tx.models.names());
        const version = await tx.models.getVersion(model, number);
        if (version === null) throw noSuchVersion(model, number, row.latestVersion);
        const { variant } = await requirePromotable(tx, version, rest.variant);
        if (role === 'canary') await checkStages(tx, version, { variant, environment, skip: false });
        await checkFreezes(tx, { model, environment });
        const current = await tx.deployments.get(model, environment);
        if (current === null) {
          throw new AppError(
            'refused',
            `nothing of ${model} serves in ${environment}, so that there is nothing to be beside: ./graft promote ${model} ${number}`,
            { details: { model, environment } },
          );
        }
        checkPlace({ model, environment }, { version: number, variant, expectedGeneration }, current);
        await checkLedgerLeads(tx, { model, environment }, current);
        const present = await tx.trials.running(model, environment);
        if (present !== null) {
          throw new AppError(
            'conflict',
            `version ${present.version} (${present.variant}) of ${model} is on trial in ${environment} already: ` +
              `./graft trial end ${model} --environment ${environment} --reason "…" first`,
            { details: { trialId: present.id, version: present.version } },
          );
        }
        const policy: TrialPolicy = { ...rest.policy, steps: rest.policy.steps ?? [...DEFAULT_STEPS[role]] };
        const { artifactDigest } = servableOf(version, variant);
        const trial = await tx.trials.create({
          ...{ id: uuid(), model, environment, role, version: number, variant, artifactDigest, policy, by, reason },
          championVersion: current.version,
        });
        await writeRow(tx, current, {
          ...{ action: 'trial', trial: ledgerTrialOf(trial, percentAt(policy, 0)), by, reason },
        });
        const notice = { kind: 'trial.started', id: trial.id, model, version: number, variant, environment } as const;
        tx.emit({ kind: 'trial', subject: trial.id, environment, notice: { ...notice, by, reason } });
        return trial;
      }),

    getTrial: (id: string): Promise<Trial> => find(db, id),

    listTrials: async (model: string, page: PageAsk<MomentKey>): Promise<Trial[]> => {
      if ((await db.models.get(model)) === null) throw noSuch('model', model, await db.models.names());
      return db.trials.list(model, page);
    },

    /** Again: as it ended. */
    endTrial: (id: string, by: string, reason: string): Promise<Trial> =>
      db.transaction(async (tx) => {
        const row = await tx.trials.lock(id);
        if (row === null) throw noSuch('trial', id);
        if (row.trial.state !== 'running') return row.trial;
        const { tests } = await look(tx, row);
        return end(tx, row.trial, { state: 'ended', by, reason }, tests);
      }),

    /** Looks at every trial that runs; one that can't be looked at keeps none of the others from it. */
    tickTrials: async (): Promise<void> => {
      const failures: unknown[] = [];
      for (const { id } of await db.trials.listRunning())
        await watch(id).catch((thrown: unknown) => failures.push(thrown));
      if (failures.length > 0) throw failures[0];
    },
  };
};

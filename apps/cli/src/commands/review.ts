/** `graft review|approve|reject`: what waits for a person, the evidence, and the decision bound to it. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  evaluationSchema,
  isAdopted,
  type LedgerEntry,
  type Model,
  type Review,
  type VariantName,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect, type Context } from '../context.js';
import { tellReason } from '../deployments.js';
import { formatInterval, formatTime, note, paint, printJson, printLine, printTable, shortDigest } from '../output.js';
import { findModelVersion } from '../find-model-version.js';
import { reasonText, wholeNumber } from '../parse.js';
import { formatDecision, formatReport, formatVerdict } from '../report.js';
import { shortRun } from '../runs-table.js';
import { readRunStory } from '../runs.js';
import { readDrift } from '../version-documents.js';

const listReviews = async ({ registry }: Context, json: boolean): Promise<void> => {
  const reviews = await registry.listReviews();
  if (json) return printJson(reviews);
  if (reviews.length === 0) return printLine('nothing waits for review');
  printTable(
    ['model', 'version', 'gate', 'approvals', 'report', 'waits since', 'reminders', 'expires'],
    reviews.map((review) => [
      review.model,
      review.version,
      formatVerdict(review.gateVerdict),
      `${review.approvals.length} of ${review.requiredApprovals}`,
      shortDigest(review.reportDigest),
      formatTime(review.createdAt).slice(0, 10),
      review.reminders,
      review.expiresAt === null ? 'never' : formatTime(review.expiresAt).slice(0, 10),
    ]),
  );
};

/** Where a version is what answers, and as which form. */
export const servesOf = (
  champions: Model['champions'],
  number: number,
): { environment: string; variant: VariantName; generation: number }[] =>
  Object.entries(champions).flatMap(([environment, { version, variant, generation }]) =>
    version === number ? [{ environment, variant, generation }] : [],
  );

const listVersions = async ({ registry }: Context, model: string, json: boolean): Promise<void> => {
  const { champions } = await registry.getModel(model);
  const versions = await registry.listModelVersions(model);
  if (json) return printJson(versions.map((version) => ({ ...version, serves: servesOf(champions, version.version) })));
  if (versions.length === 0)
    return note(
      `${model} has no version that can be reviewed or served; ./graft adopt takes in one that MLflow's clients registered`,
    );
  printTable(
    ['version', 'state', 'serves in', 'variant', 'gate', 'accuracy [95%]', 'by source', 'run', 'made'],
    versions.map((version) => [
      version.version,
      version.state,
      servesOf(champions, version.version)
        .map(({ environment, variant }) => `${environment} (${variant})`)
        .join(', '),
      version.variants.length > 1 ? `${version.variant} of ${version.variants.length}` : version.variant,
      formatVerdict(version.gateVerdict),
      formatInterval(version.accuracy),
      Object.entries(version.accuracyBySource)
        .map(([source, { value }]) => `${source} ${value.toFixed(3)}`)
        .join(', '),
      isAdopted(version.lineage) ? 'adopted' : shortRun(version.lineage.runId),
      formatTime(version.createdAt).slice(0, 16),
    ]),
  );
};

const reopenCommand = (model: string, version: number): string => `./graft reopen ${model} ${version} --reason "…"`;

const INSUFFICIENT =
  'the gate found the evidence insufficient: this approval rests on your judgment (./graft review tells what is missing)';

const DECIDED = { reject: 'rejected', expire: 'expired', reopen: 'taken up again' } as const;

/** The rollback that took it out of service: the last one from it, wherever that was. */
const findWithdrawal = async (registry: Registry, model: string, number: number): Promise<LedgerEntry | null> =>
  (await registry.listLedger(model))
    .filter(({ action, previousVersion }) => action === 'rollback' && previousVersion === number)
    .sort((a, b) => b.at.localeCompare(a.at))[0] ?? null;

const showVersion = async (
  { registry, blobs }: Context,
  model: string,
  number: number,
  json: boolean,
): Promise<void> => {
  const version = await registry.getModelVersion(model, number);
  const report = await readDocument(blobs, evaluationSchema, version.reportDigest);
  const others = await Promise.all(
    version.variants
      .filter(({ variant }) => variant !== version.variant)
      .map(({ reportDigest }) => readDocument(blobs, evaluationSchema, reportDigest)),
  );
  const drift = await readDrift(blobs, version);
  const review = await registry.getReview(model, number);
  const { lineage } = version;
  const warnings = isAdopted(lineage) ? [] : (await readRunStory(registry, lineage.runId)).warnings;
  const withdrawal = version.state === 'withdrawn' ? await findWithdrawal(registry, model, number) : null;
  if (json) return printJson({ version, report, others, drift, review, warnings });
  printLine(formatReport({ version, report, others, drift }));
  for (const warning of warnings) printLine(`${paint('yellow', 'warning')} of its run: ${warning}`);
  for (const { by, at, reason } of review.approvals) printLine(`approved by ${by}, ${formatTime(at)}: ${reason}`);
  for (const { decision, by, at, reason } of review.decisions)
    if (decision !== 'approve') printLine(`${DECIDED[decision]} by ${by}, ${formatTime(at)}: ${reason}`);
  if (withdrawal !== null)
    printLine(`rolled back by ${withdrawal.by}, ${formatTime(withdrawal.at)}: ${tellReason(withdrawal)}`);
  if (version.state === 'expired' && review.expiresAt !== null)
    printLine(
      `it expired ${formatTime(review.expiresAt)}; an admin can take it up again: ${reopenCommand(model, number)}`,
    );
  if (review.allows.length > 0) printLine(`\n${formatDecision(review)}`);
};

interface DecisionOptions {
  readonly reason: string;
  readonly report?: string;
  readonly generation?: number;
  readonly overrideGate?: boolean;
  readonly json?: boolean;
}

/** What a decision is bound to now; refused when the caller says what they saw and it is no longer that. */
const findReview = async (
  registry: Registry,
  model: string,
  number: number,
  seen: DecisionOptions,
): Promise<Review> => {
  const review = await registry.getReview(model, number);
  if (seen.report !== undefined && !review.reportDigest.startsWith(seen.report)) {
    throw new AppError(
      'stale_generation',
      `the report of ${model} version ${number} is ${shortDigest(review.reportDigest)}, not ${seen.report}; look again with ./graft review ${model} ${number}`,
    );
  }
  return review;
};

const registerDecision = (program: Command, verb: 'approve' | 'reject', description: string): void => {
  const command = program
    .command(`${verb} <model> <version>`)
    .description(description)
    .requiredOption('--reason <text>', 'why; it is kept', reasonText)
    .option('--report <digest>', 'the report you read (as ./graft review prints it); refused when it is another now')
    .option('--generation <n>', 'the champion generation you compared with; refused when it has moved', wholeNumber(0))
    .option('--json', 'print the version as JSON');
  if (verb === 'approve') command.option('--override-gate', 'approve although the gate failed');
  command.action(async (model: string, versionText: string, options: DecisionOptions, self: Command) => {
    const { registry } = await connect(self);
    const number = await findModelVersion(registry, model, versionText);
    const review = await findReview(registry, model, number, options);
    const decision = {
      reportDigest: review.reportDigest,
      championGeneration: options.generation ?? review.championGeneration,
      reason: options.reason,
      ...(options.overrideGate === true ? { overrideGate: true } : {}),
    };
    if (verb === 'approve' && review.gateVerdict === 'insufficient') note(INSUFFICIENT);
    const before = await registry.getModelVersion(model, number);
    const decided = await registry[verb](model, number, decision);
    if (options.json === true) return printJson(decided);
    printLine(`${model} version ${number} is ${decided.state}`);
    const last = review.approvals.at(-1);
    if (verb === 'approve' && before.state === 'approved' && last !== undefined) {
      note(`it was already, by ${last.by}: ${last.reason}; what was said now is not kept`);
    }
    if (before.state === 'approved' && decided.state === 'rejected')
      note('its approval is taken back; nothing served it');
    const rejection = review.decisions.findLast(({ decision: act }) => act === 'reject');
    if (verb === 'reject' && before.state === 'rejected' && rejection !== undefined) {
      note(`it was already, by ${rejection.by}: ${rejection.reason}; what was said now is not kept`);
    }
    if (before.state === 'withdrawn') note('it had been rolled back, and may be promoted again now');
    if (decided.state !== 'approved') return;
    const serves = servesOf((await registry.getModel(model)).champions, number);
    if (serves.length === 0) printLine(`serve it: ./graft promote ${model} ${number}`);
  });
};

const registerReopen = (program: Command): void => {
  program
    .command('reopen <model> <version>')
    .description('let a candidate that expired before anybody decided wait for a person again (admins)')
    .requiredOption('--reason <text>', 'why; it is kept', reasonText)
    .option('--json', 'print the version as JSON')
    .action(async (model: string, versionText: string, options: { reason: string; json?: boolean }, self: Command) => {
      const { registry } = await connect(self);
      const number = await findModelVersion(registry, model, versionText);
      const reopened = await registry.reopenVersion(model, number, { reason: options.reason });
      if (options.json === true) return printJson(reopened);
      printLine(`${model} version ${number} is ${reopened.state}: ./graft review ${model} ${number}`);
    });
};

export const registerReview = (program: Command): void => {
  program
    .command('review [model] [version]')
    .description('what waits for review; the versions of a model; the report of one version')
    .option('--json', 'print it as JSON')
    .action(
      async (
        model: string | undefined,
        versionText: string | undefined,
        { json = false }: { json?: boolean },
        command: Command,
      ) => {
        const context = await connect(command);
        if (model === undefined) return listReviews(context, json);
        if (versionText === undefined) return listVersions(context, model, json);
        return showVersion(context, model, await findModelVersion(context.registry, model, versionText), json);
      },
    );
  registerDecision(program, 'approve', 'approve a candidate; it may then be promoted');
  registerDecision(program, 'reject', 'reject a candidate, or take back the approval of a version that has not served');
  registerReopen(program);
};

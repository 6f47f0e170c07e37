/** `graft reconcile`: has what waits go on where Temporal has lost it, from what the registry knows. */
import { AppError, isErrorCode, reconciliationSchema, type Reconciliation } from '@graft/contracts';
import { inRepository } from '@graft/tools';
import type { Command } from 'commander';
import { execa } from 'execa';
import { z } from 'zod';
import { connect } from '../context.js';
import { count, note, printJson, printTable } from '../output.js';

const ACTS_TOLD: Readonly<Record<Reconciliation['acts'][number]['act'], readonly [done: string, toDo: string]>> = {
  start: ['started', 'to start'],
  close: ['closed', 'to close'],
  wake: ['woken', 'to wake'],
  make: ['made', 'to make'],
};

const answerSchema = z.union([
  reconciliationSchema,
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

/** In a process of the orchestrator, which alone knows how its workflows are started. */
export const reconcileStack = async (
  environment: Readonly<Record<string, string>>,
  dryRun: boolean,
): Promise<Reconciliation> => {
  const script = inRepository('dist/apps/orchestrator/reconcile-process.js');
  const { stdout, stderr } = await execa(process.execPath, [script, ...(dryRun ? ['--dry-run'] : [])], {
    env: environment,
    reject: false,
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const answer = answerSchema.safeParse(last === '' ? null : JSON.parse(last)).data;
  if (answer === undefined) {
    throw new AppError('internal', `reconciling ended without an answer: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  }
  if (!('error' in answer)) return answer;
  const { code, message } = answer.error;
  throw new AppError(isErrorCode(code) ? code : 'internal', message);
};

const printReconciliation = ({ dryRun, looked, acts }: Reconciliation): void => {
  if (acts.length > 0) {
    printTable(
      ['what', 'name', 'id', dryRun ? 'would be' : 'done', 'why'],
      acts.map(({ what, name, id, act, why }) => [what, name, id.slice(0, 13), ACTS_TOLD[act][dryRun ? 1 : 0], why]),
    );
  }
  const parts = [
    count(looked.promotions, 'promotion'),
    count(looked.runs, 'run'),
    count(looked.selections, 'selection'),
    count(looked.ingestions, 'ingestion'),
    count(looked.watches, 'watched dataset'),
    count(looked.schedules, 'schedule'),
  ];
  note(
    `looked at ${parts.join(', ')} that should be under way: ${acts.length === 0 ? 'all of them are' : `${count(acts.length, 'thing')} ${dryRun ? 'to mend' : 'mended'}`}`,
  );
};

export const registerReconcile = (program: Command): void => {
  program
    .command('reconcile')
    .description(
      'after Temporal has lost its state: start again what the registry says is under way, close what is lost',
    )
    .option('--dry-run', 'say what would be done')
    .option('--json', 'print what was looked at and done as JSON')
    .action(async (options: { dryRun?: boolean; json?: boolean }, command: Command) => {
      const { environment } = await connect(command);
      const told = await reconcileStack(environment, options.dryRun === true);
      return options.json === true ? printJson(told) : printReconciliation(told);
    });
};

/** The whole command tree. Each command lives in a file of its own under commands/. */
import { versionInfo } from '@graft/platform';
import { Command, Help } from 'commander';
import { registerAudit } from './commands/audit.js';
import { registerAdopt } from './commands/adopt.js';
import { registerBench } from './commands/bench.js';
import { registerBulk } from './commands/bulk.js';
import { registerClassify } from './commands/classify.js';
import { registerConsole } from './commands/console.js';
import { registerData } from './commands/data/data.js';
import { registerDemo } from './commands/demo.js';
import { registerDoctor } from './commands/doctor.js';
import { registerDown } from './commands/down.js';
import { registerEnv } from './commands/env.js';
import { registerExport } from './commands/export.js';
import { registerEpoch } from './commands/epoch.js';
import { registerFeedback } from './commands/feedback.js';
import { registerFreeze } from './commands/freeze.js';
import { registerBackup } from './commands/backup.js';
import { registerGc } from './commands/gc.js';
import { registerRestore } from './commands/restore.js';
import { registerLedger } from './commands/ledger.js';
import { registerModels } from './commands/models/models.js';
import { registerPipelines } from './commands/pipelines.js';
import { registerPromote } from './commands/promote.js';
import { registerPurge } from './commands/purge.js';
import { registerReconcile } from './commands/reconcile.js';
import { registerReproduce } from './commands/reproduce.js';
import { registerReview } from './commands/review.js';
import { registerRollback } from './commands/rollback.js';
import { registerRuns } from './commands/runs.js';
import { registerSelect } from './commands/select.js';
import { registerServe } from './commands/serve.js';
import { registerSetup } from './commands/setup.js';
import { registerStatus } from './commands/status.js';
import { registerTest } from './commands/test.js';
import { registerToken } from './commands/token.js';
import { registerTrial } from './commands/trial.js';
import { registerUp } from './commands/up.js';
import { registerVerify } from './commands/verify.js';
import { registerWebhook } from './commands/webhook.js';
import { registerWhy } from './commands/why.js';

const EXIT_CODE_HELP = `
Exit codes: 0 done, 1 defect, 2 usage, 3 refused, 4 not found, 5 unavailable, 6 conflict, 130 left by Ctrl-C.`;

/**
 * @param json whether errors are told as JSON by the caller, so that the parser tells none itself
 */
export const createProgram = ({ json = false }: { json?: boolean } = {}): Command => {
  const program = new Command('graft')
    .description('Retrain, review, promote, serve and roll back image classifiers made from pre-trained networks.')
    .version(versionInfo().graft, '--version', 'print the version')
    .option('--stack <name>', 'the local stack to work on (default: $GRAFT_STACK, else the one that runs)')
    .addHelpText('after', EXIT_CODE_HELP)
    .showHelpAfterError('(--help tells what there is)')
    .exitOverride();
  const help = new Help();
  program.configureHelp({
    showGlobalOptions: true,
    optionDescription: (option) => `${help.optionDescription(option)}${option.mandatory ? ' (required)' : ''}`,
  });

  for (const register of [
    registerDemo,
    registerTest,
    registerUp,
    registerDown,
    registerStatus,
    registerConsole,
    registerEnv,
    registerDoctor,
    registerSetup,
    registerPipelines,
    registerData,
    registerSelect,
    registerRuns,
    registerReview,
    registerPromote,
    registerTrial,
    registerRollback,
    registerServe,
    registerFreeze,
    registerEpoch,
    registerReconcile,
    registerLedger,
    registerWhy,
    registerAudit,
    registerToken,
    registerWebhook,
    registerVerify,
    registerReproduce,
    registerAdopt,
    registerGc,
    registerBackup,
    registerRestore,
    registerPurge,
    registerExport,
    registerClassify,
    registerBulk,
    registerFeedback,
    registerModels,
    registerBench,
  ]) {
    register(program);
  }
  settleAll(program, json);
  return program;
};

/** commander hands settings down only to commands made by `.command()` after the call; this reaches the others as well. */
const settleAll = (command: Command, json: boolean): void => {
  command.exitOverride();
  if (json) command.configureOutput({ writeErr: () => {} });
  for (const child of command.commands) settleAll(child, json);
};

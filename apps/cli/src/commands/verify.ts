/** `graft verify`: is everything that the registry tells of there, and unchanged? */
import { AppError, describeErasure } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { count, paint, printJson, printLine, shortDigest } from '../output.js';
import { createProgress } from '../progress.js';
import { verifyRegistry, type Verification } from '../verify-registry.js';

/** Problems that are told one by one; `--json` has all. */
const TOLD = 20;

const printVerification = ({
  models,
  versions,
  datasetVersions,
  ledgers,
  ahead,
  objects,
  bytes,
  problems,
  erased,
}: Verification): void => {
  printLine(
    `${count(models, 'model')} with ${count(versions, 'version')}, ${count(datasetVersions, 'dataset version')}: ` +
      `${count(objects, 'object')}, ${(bytes / 1e6).toFixed(1)} MB, read and compared with their digests`,
  );
  for (const { model, environment, generations, problem } of ledgers) {
    const state = problem === null ? 'follow from each other, and the last one is deployed' : paint('red', problem);
    printLine(`ledger of ${model} in ${environment}: ${count(generations, 'generation')}: ${state}`);
  }
  for (const { replica, model, environment, serves } of ahead) {
    printLine(
      `${paint('red', 'ahead of its ledger')}: replica ${replica} serves generation ${serves.generation} of ${model} in ${environment}: ./graft epoch`,
    );
  }
  for (const one of erased.slice(0, TOLD)) {
    printLine(`${one.what} (${shortDigest(one.digest)}): ${describeErasure(one)}`);
  }
  if (erased.length > TOLD) printLine(`and ${erased.length - TOLD} more that were erased (--json: every one)`);
  for (const { what, problem, digest } of problems.slice(0, TOLD)) {
    printLine(`${paint('red', problem)}: ${what} (${digest})`);
  }
  if (problems.length > TOLD) printLine(`and ${problems.length - TOLD} more (--json: every one)`);
};

export const registerVerify = (program: Command): void => {
  program
    .command('verify [model]')
    .description(
      'check every object that the registry tells of against its digest, and every ledger (one model: what it rests on)',
    )
    .option('--json', 'print what was found as JSON')
    .action(async (model: string | undefined, options: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      const progress = createProgress('checking');
      const found = await verifyRegistry(context, {
        model,
        onProgress: (done, known) => progress.update(done, known, 'objects known so far'),
      });
      progress.stop();
      if (options.json === true) printJson(found);
      else printVerification(found);
      const broken = found.ledgers.filter(({ problem }) => problem !== null).length;
      if (found.problems.length + broken === 0) {
        if (found.ahead.length === 0) return;
        throw new AppError(
          'corrupt',
          `${count(found.ahead.length, 'deployment')} that the ledgers know nothing of: was the database restored from a backup? ` +
            './graft epoch shows them, ./graft epoch raise has replicas serve what the ledgers say',
        );
      }
      throw new AppError(
        'corrupt',
        `${count(found.problems.length, 'object')} missing or changed, ${count(broken, 'ledger')} broken: ` +
          'what is content-addressed is whole again once the same bytes are put back (a backup of the bucket has them)',
      );
    });
};

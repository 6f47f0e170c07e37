/** `graft promote`: put an approved version into an environment: prepare, compare-and-swap, swap. */
import type { VersionVariant } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { awaitPromotion, currentGeneration } from '../deployments.js';
import { requireEnvironment } from '../environments.js';
import { formatSeconds, note, paint, printJson, printLine } from '../output.js';
import { findModelVersion } from '../find-model-version.js';
import { reasonText, variantName, wholeNumber } from '../parse.js';

interface PromoteOptions {
  readonly environment: string;
  readonly variant?: string;
  readonly reason?: string;
  readonly generation?: number;
  readonly skipStages?: boolean;
  readonly json?: boolean;
}

/** Why it was approved; a version that was not is refused by the registry, whatever is said here. */
const approvalReason = async (registry: Registry, model: string, version: number): Promise<string> =>
  (await registry.getReview(model, version)).approvals.at(-1)?.reason ?? 'approved';

/** What is to be served, as it was judged; null where the version knows no such form, which the registry refuses. */
const findVariant = async (
  registry: Registry,
  model: string,
  number: number,
  asked: string | undefined,
): Promise<Pick<VersionVariant, 'variant' | 'gateVerdict'> | null> => {
  const version = await registry.getModelVersion(model, number);
  const wanted = asked ?? version.variant;
  if (version.variants.length === 0) return wanted === version.variant ? version : null;
  return version.variants.find(({ variant }) => variant === wanted) ?? null;
};

/** Its report may have passed in another form: whoever approved it looked at that. */
export const tellInsufficient = (model: string, version: number, variant: string): string =>
  `${paint('yellow', 'warning', process.stderr)} the gate found the evidence for ${variant} insufficient: serving it rests on your judgment (./graft review ${model} ${version} tells what is missing)`;

export const registerPromote = (program: Command): void => {
  program
    .command('promote <model> <version>')
    .description('serve an approved version: replicas load and check it, then it is committed and they swap')
    .option('--environment <name>', 'where', 'production')
    .option(
      '--variant <name>',
      'which form of it (default: the one that it prefers; ./graft review shows them)',
      variantName,
    )
    .option(
      '--generation <n>',
      'refuse when the environment is no longer at this generation (default: what it is at now)',
      wholeNumber(0),
    )
    .option('--reason <text>', 'why, for the ledger (default: the reason it was approved for)', reasonText)
    .option(
      '--skip-stages',
      'although it has not been served in the stage before, as its pipeline wants it; the ledger keeps that, with --reason',
    )
    .option('--json', 'print the promotion as JSON')
    .action(async (model: string, versionText: string, options: PromoteOptions, command: Command) => {
      if (options.skipStages === true && options.reason === undefined)
        command.error("error: --skip-stages needs '--reason <text>': the ledger keeps why");
      const { registry } = await connect(command);
      await requireEnvironment(registry, options.environment);
      const startedAt = performance.now();
      const expectedGeneration = options.generation ?? (await currentGeneration(registry, model, options.environment));
      const version = await findModelVersion(registry, model, versionText);
      const reason = options.reason ?? (await approvalReason(registry, model, version));
      const judged = await findVariant(registry, model, version, options.variant);
      const requested = await registry.requestPromotion(model, {
        version,
        ...(options.variant === undefined ? {} : { variant: options.variant }),
        environment: options.environment,
        expectedGeneration,
        ...(options.skipStages === true ? { skipStages: true } : {}),
        reason,
      });
      // Once it is known that it may be: what is refused needs no warning.
      if (judged?.gateVerdict === 'insufficient') note(tellInsufficient(model, version, judged.variant));
      const live = await registry.listReplicas({ environment: options.environment, live: true });
      if (live.length === 0) note(`no live replica in ${options.environment} yet: waiting for one to load the version`);
      const promotion = await awaitPromotion(registry, requested.id, ({ state }) =>
        note(`promotion ${requested.id}: ${state}`),
      );
      if (options.json === true) return printJson(promotion);
      printLine(
        `${model} version ${promotion.version} (${promotion.variant}) serves in ${promotion.environment} as generation ${promotion.generation} (${formatSeconds((performance.now() - startedAt) / 1000)})`,
      );
    });
};

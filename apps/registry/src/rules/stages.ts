/** Promotion by stages: what an environment serves has been served in the one before it. Pure. */
import { AppError, keepsChampion, variantOfEntry, type LedgerEntry, type VariantName } from '@graft/contracts';

type Entry = Pick<LedgerEntry, 'action' | 'version' | 'variant'>;

/** The environment that a version passes through before this one; null where the policy names none. */
export const stageBefore = (stages: readonly string[] | undefined, environment: string): string | null => {
  const at = stages?.indexOf(environment) ?? -1;
  return at > 0 ? (stages?.[at - 1] ?? null) : null;
};

/**
 * Whether this form of the version is served there, or was until something else was promoted. What was taken back from there has not
 * passed.
 * @param entries of the ledger of that environment, oldest first
 */
export const hasPassed = (
  entries: readonly Entry[],
  { version, variant }: { version: number; variant: VariantName },
): boolean =>
  entries
    .filter((entry) => !keepsChampion(entry))
    .some((entry, at, champions) => {
      if (entry.version !== version || variantOfEntry(entry) !== variant) return false;
      return champions[at + 1]?.action !== 'rollback';
    });

export interface StagedPromotion {
  readonly model: string;
  readonly version: number;
  readonly variant: VariantName;
  readonly environment: string;
  /** What stands between it and the environment; null: nothing. */
  readonly stage: string | null;
  readonly passed: boolean;
  /** A person said, with a reason, that it needn't pass. */
  readonly skip: boolean;
}

/**
 * @returns the stage that is skipped, for the ledger; null where none is
 * @throws AppError `refused`, with the way out
 */
export const ruleStages = (asked: StagedPromotion): string | null => {
  const { model, version, variant, environment, stage, passed, skip } = asked;
  if (stage === null || passed) return null;
  if (skip) return stage;
  throw new AppError(
    'refused',
    `version ${version} (${variant}) of ${model} has not been served in ${stage}, which comes before ${environment}: ` +
      `./graft promote ${model} ${version} --variant ${variant} --environment ${stage} first, or, with a reason that the ledger keeps, ` +
      `--skip-stages --reason "…"`,
    { details: { model, version, variant, environment, stage } },
  );
};

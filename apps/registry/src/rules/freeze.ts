/** What a freeze stops. Pure. */
import { AppError, describeFreezeScope, type Freeze } from '@graft/contracts';

/** Who freezes or ends a freeze, and why. */
export interface FreezeAct {
  readonly by: string;
  readonly reason: string;
}

/** The newest freeze that holds for a model in an environment. */
export const freezeOf = (
  freezes: readonly Freeze[],
  place: { readonly model: string; readonly environment: string },
): Freeze | null =>
  freezes.find(
    ({ model, environment, ended }) =>
      ended === null &&
      (model === null || model === place.model) &&
      (environment === null || environment === place.environment),
  ) ?? null;

/** @throws AppError `refused` while a freeze holds there, with who made it, why, and the way out. */
export const checkNotFrozen = (
  freezes: readonly Freeze[],
  place: { readonly model: string; readonly environment: string },
): void => {
  const freeze = freezeOf(freezes, place);
  if (freeze === null) return;
  const { model, environment, by, at, reason } = freeze;
  const unfreeze = [
    './graft unfreeze',
    model,
    environment === null ? null : `--environment ${environment}`,
    '--reason …',
  ]
    .filter((part) => part !== null)
    .join(' ');
  throw new AppError(
    'refused',
    `${describeFreezeScope(freeze)} is frozen by ${by} since ${at} (${reason}): nothing is promoted until "${unfreeze}"; a rollback is possible`,
    { details: { ...place, freeze: { model, environment, by, at, reason } } },
  );
};

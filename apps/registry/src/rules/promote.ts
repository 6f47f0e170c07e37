/** Which version may be promoted, and when. Pure. */
import {
  AppError,
  isNewer,
  type Position,
  type Promotion,
  type Replica,
  type VariantName,
  type VersionState,
} from '@graft/contracts';
import type { JudgedVariant } from './servable.js';
import { staleGeneration } from './stale.js';

interface Place {
  readonly model: string;
  readonly environment: string;
}

const WHY_NOT: Record<Exclude<VersionState, 'approved'>, string> = {
  candidate: 'waits for review: approve it first',
  blocked: 'is blocked by its gate: only an approval that overrides the gate lets it through',
  rejected: 'was rejected: its pipeline makes another one (./graft runs start … --again --reason "…")',
  superseded: 'was superseded by a newer candidate: review that one',
  withdrawn: 'was rolled back: it needs a new approval before it is promoted again',
  expired: 'expired before anybody decided: an admin can reopen it (./graft reopen), then it is to be approved',
};

/** @throws AppError `refused` when the version is not approved, with the way out. */
export const checkPromotable = ({
  model,
  version,
  state,
}: {
  model: string;
  version: number;
  state: VersionState;
}): void => {
  if (state === 'approved') return;
  throw new AppError('refused', `version ${version} of ${model} ${WHY_NOT[state]}`, {
    details: { model, version, state },
  });
};

/**
 * A form that failed its own gate is let through by what lets a blocked version through: an approval that overrides the gate.
 * @throws AppError `refused`, with the way out.
 */
export const checkVariantGate = (
  { model, version }: { model: string; version: number },
  { variant, gateVerdict }: JudgedVariant,
  { isOverridden }: { isOverridden: boolean },
): void => {
  if (gateVerdict !== 'fail' || isOverridden) return;
  throw new AppError(
    'refused',
    `${variant} of version ${version} of ${model} failed its own gate, and nobody who approved the version overrode it ` +
      `(--override-gate): promote another variant (./graft review ${model} ${version} shows them)`,
    { details: { model, version, variant, gateVerdict } },
  );
};

/**
 * @throws AppError `stale_generation` when the caller saw another generation, `refused` when this form of the version serves
 * already.
 */
export const checkPlace = (
  place: Place,
  asked: { version: number; variant: VariantName; expectedGeneration: number },
  current: { version: number; variant: VariantName; generation: number } | null,
): void => {
  const generation = current?.generation ?? 0;
  if (generation !== asked.expectedGeneration) throw staleGeneration(place, asked.expectedGeneration, generation);
  if (current?.version !== asked.version || current.variant !== asked.variant) return;
  throw new AppError(
    'refused',
    `version ${asked.version} (${asked.variant}) of ${place.model} is what ${place.environment} serves already (generation ${generation})`,
    { details: { ...place, version: asked.version, variant: asked.variant, generation } },
  );
};

/** @throws AppError `conflict` when a promotion in this state can't take that step. */
export const cannot = (promotion: Promotion, step: string): AppError =>
  new AppError(
    'conflict',
    `promotion ${promotion.id} is ${promotion.state}${promotion.error === null ? '' : ` (${promotion.error.message})`}: ` +
      `it can't be ${step}`,
    { details: { id: promotion.id, state: promotion.state } },
  );

/** Live replicas that don't serve this generation of the model, nor a newer one. Order is (epoch, generation). */
export const laggards = (replicas: readonly Replica[], model: string, wanted: Position): string[] =>
  replicas
    .filter(({ live, serving }) => live && isNewer(wanted, serving.find((entry) => entry.model === model) ?? null))
    .map(({ id }) => id);

/** Where a rollback goes. Pure. */
import { AppError, type LedgerEntry, type VersionState } from '@graft/contracts';

export interface RollbackSituation {
  readonly model: string;
  readonly environment: string;
  /** Oldest first. */
  readonly entries: readonly Pick<LedgerEntry, 'action' | 'version'>[];
  /** Of every version that the entries name. */
  readonly states: ReadonlyMap<number, VersionState>;
  readonly toVersion?: number;
}

/**
 * The versions that led to the present one, as an undo history: a promotion adds, a rollback goes back to where its
 * version last stood. So what a rollback skipped is not "earlier" for the next one.
 */
export const servingHistory = (entries: RollbackSituation['entries']): number[] => {
  const history: number[] = [];
  for (const { action, version } of entries) {
    const at = action === 'rollback' ? history.lastIndexOf(version) : -1;
    if (at === -1) history.push(version);
    else history.length = at + 1;
  }
  return history;
};

/**
 * The version to go back to: the one asked for, if the undo history has it before the present one and it isn't
 * withdrawn; else the newest earlier one that is not withdrawn.
 * @throws AppError `refused` with what there is.
 */
export const rollbackTarget = (situation: RollbackSituation): number => {
  const { model, environment, entries, states, toVersion } = situation;
  const history = servingHistory(entries);
  const current = history[history.length - 1];
  const refused = (message: string): AppError =>
    new AppError('refused', message, { details: { model, environment, current: current ?? null } });
  if (current === undefined)
    throw refused(`nothing of ${model} was ever promoted in ${environment}: there is nothing to take back`);

  const earlier = history.slice(0, -1).reverse();
  if (toVersion === undefined) {
    const target = earlier.find((version) => version !== current && states.get(version) !== 'withdrawn');
    if (target !== undefined) return target;
    const why = earlier.length === 0 ? 'it is the first that was served' : 'every earlier one is withdrawn';
    throw refused(
      `there is nothing to go back to from version ${current} of ${model} in ${environment}: ${why}. ` +
        'Approve and promote another version instead',
    );
  }
  if (toVersion === current) throw refused(`version ${toVersion} of ${model} is what ${environment} serves already`);
  const served = [...new Set(entries.map(({ version }) => version))].sort((a, b) => a - b);
  if (!served.includes(toVersion)) {
    throw refused(
      `version ${toVersion} of ${model} was never served in ${environment} (these were: ${served.join(', ')}): promote it instead`,
    );
  }
  if (states.get(toVersion) === 'withdrawn') {
    throw refused(`version ${toVersion} of ${model} was itself rolled back: approve it again and promote it instead`);
  }
  if (!earlier.includes(toVersion)) {
    const promote = `./graft promote ${model} ${toVersion} --environment ${environment}`;
    throw refused(
      `version ${toVersion} of ${model} is not earlier than version ${current}, which ${environment} serves: ` +
        `going there is a promotion (${promote})`,
    );
  }
  return toVersion;
};

/** Where a rollback goes. Pure. */
import { keepsChampion, type LedgerEntry } from './deployment.js';
import { AppError } from './errors.js';
import type { VersionState } from './model-version.js';
import type { VariantName } from './variant.js';

/** Rows of the ledger from before there were variants say none. */
const FIRST_VARIANT: VariantName = 'fp32';

/** Which form a row of the ledger put in place. */
export const variantOfEntry = ({ variant = FIRST_VARIANT }: Pick<LedgerEntry, 'variant'>): VariantName => variant;

type Entry = Pick<LedgerEntry, 'action' | 'version' | 'variant'>;

export interface RollbackSituation<E extends Entry = Entry> {
  readonly model: string;
  readonly environment: string;
  /** Oldest first. */
  readonly entries: readonly E[];
  /** Of every version that the entries name. */
  readonly states: ReadonlyMap<number, VersionState>;
  readonly toVersion?: number;
  /** Whether what a row put in place was erased since: no replica could load it. Default: nothing was. */
  readonly isErased?: (entry: E) => boolean;
}

/** Whether two rows put the same form of the same version in place. */
const isSame = (a: Entry, b: Entry): boolean => a.version === b.version && variantOfEntry(a) === variantOfEntry(b);

/**
 * The rows that led to the present one, as an undo history: a promotion adds, a rollback goes back to where its version last
 * stood in its form. So what a rollback skipped is not "earlier" for the next one. A row of a new epoch changes nothing, nor does one of a trial.
 */
export const servingHistory = <E extends Entry>(entries: readonly E[]): E[] => {
  const history: E[] = [];
  for (const entry of entries) {
    if (entry.action === 'restore' || keepsChampion(entry)) continue;
    const at = entry.action === 'rollback' ? history.findLastIndex((earlier) => isSame(earlier, entry)) : -1;
    if (at === -1) history.push(entry);
    else history.length = at + 1;
  }
  return history;
};

/**
 * The row to restore: of the version asked for, if the undo history has it before the present one and it isn't withdrawn;
 * else the newest earlier one that put something else in place whose version is not withdrawn.
 * @throws AppError `refused` with what there is.
 */
export const rollbackTarget = <E extends Entry>(situation: RollbackSituation<E>): E => {
  const { model, environment, entries, states, toVersion, isErased = () => false } = situation;
  const history = servingHistory(entries);
  const current = history.at(-1);
  const refused = (message: string): AppError =>
    new AppError('refused', message, {
      details: { model, environment, current: current?.version ?? null, variant: current?.variant ?? null },
    });
  if (current === undefined)
    throw refused(`nothing of ${model} was ever promoted in ${environment}: there is nothing to take back`);

  const earlier = history.slice(0, -1).reverse();
  if (toVersion === undefined) {
    const target = earlier.find(
      (entry) => !isSame(entry, current) && states.get(entry.version) !== 'withdrawn' && !isErased(entry),
    );
    if (target !== undefined) return target;
    const why = earlier.length === 0 ? 'it is the first that was served' : 'every earlier one is withdrawn or erased';
    throw refused(
      `there is nothing to go back to from version ${current.version} of ${model} in ${environment}: ${why}. ` +
        'Approve and promote another version instead',
    );
  }
  if (toVersion === current.version) {
    const other = earlier.find((entry) => entry.version === toVersion && !isSame(entry, current));
    const way =
      other === undefined
        ? ''
        : `; for its variant ${variantOfEntry(other)}: ./graft promote ${model} ${toVersion} --variant ${variantOfEntry(other)}`;
    throw refused(
      `version ${toVersion} (${variantOfEntry(current)}) of ${model} is what ${environment} serves already${way}`,
    );
  }
  const served = [...new Set(entries.map(({ version }) => version))].sort((a, b) => a - b);
  if (!served.includes(toVersion)) {
    throw refused(
      `version ${toVersion} of ${model} was never served in ${environment} (these were: ${served.join(', ')}): promote it instead`,
    );
  }
  if (states.get(toVersion) === 'withdrawn') {
    throw refused(`version ${toVersion} of ${model} was itself rolled back: approve it again and promote it instead`);
  }
  const target = earlier.find(({ version }) => version === toVersion);
  if (target !== undefined && !isErased(target)) return target;
  if (target !== undefined) {
    throw refused(
      `version ${toVersion} of ${model} was erased, and no replica could load it: ./graft purge says by whom and why`,
    );
  }
  const promote = `./graft promote ${model} ${toVersion} --environment ${environment}`;
  throw refused(
    `version ${toVersion} of ${model} is not earlier than version ${current.version}, which ${environment} serves: ` +
      `going there is a promotion (${promote})`,
  );
};

/** Whether a person has to look at a dataset version before anything learns from it. */
import { AppError, type DatasetVersion, type QuarantineEntry } from '@graft/contracts';

/** A message names so many objects; `details` has the first hundred. */
const NAMED = 5;
const DETAILED = 100;

/**
 * Objects that landed to be trained on and show what is tested on, or the other way round, block a version (of a dataset whose policy says so), though
 * they are left out: where one came from, more may have.
 * @param quarantine the version's
 * @throws AppError `dataset_unfit`, `details.problem` is `leakage`: with the keys of the objects, and what to do
 */
export const checkLeakage = (
  { dataset, number, leaks }: Pick<DatasetVersion, 'dataset' | 'number' | 'leaks'>,
  quarantine: readonly QuarantineEntry[],
): void => {
  if (leaks === 0) return;
  const keys = quarantine.filter(({ reason }) => reason === 'leaks_into_test').map(({ key }) => key);
  const named = keys.slice(0, NAMED).join(', ') + (keys.length > NAMED ? ` and ${keys.length - NAMED} more` : '');
  throw new AppError(
    'dataset_unfit',
    `dataset "${dataset}" can't be trained on: ${leaks === 1 ? '1 object' : `${leaks} objects`} of version ${number} would be both trained on ` +
      `and tested on (${named}). Look at them (./graft data quarantine ${dataset}), then say that you have: ` +
      `./graft data dismiss ${dataset} --all-leaks, or ./graft data revert ${dataset} VERSION where the whole landing is bad; ` +
      `./graft data create ${dataset} --on-leakage leave_out never asks again`,
    { details: { dataset, problem: 'leakage', leaks, keys: keys.slice(0, DETAILED) } },
  );
};

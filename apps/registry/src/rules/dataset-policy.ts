import { AppError, type DatasetPolicy } from '@graft/contracts';

/** Of the groups, at most so many go to test and val together: what is left has to train. */
const MOST_HELD_OUT = 0.9;

/** Sums of decimal fractions aren't exact. */
const ROUNDING = 1e-9;

const refuse = (dataset: string, why: string, details: Partial<DatasetPolicy>): AppError =>
  new AppError('invalid_request', `the policy of dataset "${dataset}" can't be changed so: ${why}`, {
    details: { dataset, ...details },
  });

/**
 * Looks whether the settings of a policy go together, those that a change names alone: what a policy has had for long goes on.
 * @param policy as it would be
 * @param changed what the change names
 * @throws AppError `invalid_request` that says both settings, and what to do
 */
export const checkDatasetPolicy = (
  dataset: string,
  policy: DatasetPolicy,
  changed: { readonly [K in keyof DatasetPolicy]?: DatasetPolicy[K] | undefined },
): void => {
  const isChanged = (...names: (keyof DatasetPolicy)[]): boolean => names.some((name) => changed[name] !== undefined);
  const { testShare, valShare, quietSeconds, maxWaitSeconds } = policy;
  if (isChanged('testShare', 'valShare') && testShare + valShare > MOST_HELD_OUT + ROUNDING) {
    const why = `a test share of ${testShare} and a val share of ${valShare} leave too little to train on; together they are at most ${MOST_HELD_OUT}`;
    throw refuse(dataset, why, { testShare, valShare });
  }
  if (isChanged('quietSeconds', 'maxWaitSeconds') && maxWaitSeconds !== null && quietSeconds > maxWaitSeconds) {
    const why = `${quietSeconds} quiet seconds are longer than the longest wait, ${maxWaitSeconds} seconds, and would never be waited for; give fewer, or a longer wait too (--max-wait, or none)`;
    throw refuse(dataset, why, { quietSeconds, maxWaitSeconds });
  }
};

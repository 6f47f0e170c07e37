import { AppError, type QuarantineEntry } from '@graft/contracts';

/**
 * Keys of the entries that a person wants to drop: those named, and with `allLeaks` every one that leaks into test.
 * @throws AppError `refused` where all leaks are meant and there is none, `usage` where nothing is named
 */
export const chooseDismissed = ({
  dataset,
  quarantine,
  named,
  allLeaks,
}: {
  dataset: string;
  quarantine: readonly Pick<QuarantineEntry, 'key' | 'reason'>[];
  named: readonly string[];
  allLeaks: boolean;
}): string[] => {
  const leaks = quarantine.filter(({ reason }) => reason === 'leaks_into_test').map(({ key }) => key);
  const keys = [...new Set([...named, ...(allLeaks ? leaks : [])])];
  if (keys.length > 0) return keys;
  const asked = `nothing to dismiss in dataset ${dataset}`;
  throw allLeaks
    ? new AppError('refused', `${asked}: no entry of the quarantine leaks into test`)
    : new AppError('usage', `${asked}: name a key, or --all-leaks`);
};

/** Live accuracy for people: what feedback says of each version, beside what its evaluation said. */
import { LIVE_WINDOWS, type LiveAccuracy, type LiveWindow, type WindowAccuracy } from '@graft/contracts';
import { count, formatInterval, formatShare, type Cell } from '../output.js';

const WINDOWS_TOLD: Readonly<Record<LiveWindow, string>> = { day: '24 hours', week: '7 days', all: 'all' };

const tellWindow = ({ accuracy }: WindowAccuracy): string =>
  accuracy.n === 0 ? '—' : `${formatInterval(accuracy)} n=${accuracy.n}`;

/** As `printTable` takes it. */
export const liveAccuracyTable = (found: readonly LiveAccuracy[]): [string[], Cell[][]] => [
  ['version', ...LIVE_WINDOWS.map((window) => WINDOWS_TOLD[window]), 'evaluation'],
  found.map(({ version, windows, evaluation }) => [
    version,
    ...LIVE_WINDOWS.map((window) => tellWindow(windows[window])),
    `${formatInterval(evaluation)} n=${evaluation.n}`,
  ]),
];

/** Which windows say that a version is worse than its evaluation promised; one line for each version that is. */
export const tellBelow = (found: readonly LiveAccuracy[]): string[] =>
  found.flatMap(({ version, windows, evaluation }) => {
    const below = LIVE_WINDOWS.filter((window) => windows[window].isBelow);
    if (below.length === 0) return [];
    const told = below.map((window) => `${WINDOWS_TOLD[window]}: ${tellWindow(windows[window])}`).join('; ');
    return [`version ${version} is significantly below its evaluation (${formatShare(evaluation.value)}): ${told}`];
  });

/** One line about one version, of the shortest window that says it is below, else of all that is known. */
export const tellLive = ({ windows }: LiveAccuracy): string => {
  const below = LIVE_WINDOWS.find((window) => windows[window].isBelow);
  const window = below ?? 'all';
  const { accuracy } = windows[window];
  const when = window === 'all' ? '' : `, last ${WINDOWS_TOLD[window]}`;
  const verdict = below === undefined ? '' : ': significantly below its evaluation';
  return `accuracy ${formatInterval(accuracy)} by ${count(accuracy.n, 'feedback', 'feedbacks')}${when}${verdict}`;
};

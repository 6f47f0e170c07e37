/** The end of a demo, for people: what each version could do, what it cost, and what the ledger says. */
import { formatInterval, formatSeconds, formatTime, formatTable, shortDigest } from '../output.js';
import type { DemoResult, DemoVersion, StageTime } from './run-demo.js';

const driftText = ({ drift }: DemoVersion): string => {
  if (drift?.features == null) return '–';
  return `${drift.features.detected ? 'detected' : 'none'} (MMD² ${drift.features.statistic.toPrecision(2)}, p ${drift.features.p.toPrecision(2)})`;
};

/** Stages of one name are added up, in the order in which they first ended. */
const sumStages = (stages: readonly StageTime[]): StageTime[] => {
  const sums = new Map<string, number>();
  for (const { name, seconds } of stages) sums.set(name, (sums.get(name) ?? 0) + seconds);
  return [...sums].map(([name, seconds]) => ({ name, seconds }));
};

export const formatSummary = (result: DemoResult): string => {
  const names = [...new Set(result.versions.flatMap(({ accuracyIntervals }) => Object.keys(accuracyIntervals)))];
  return [
    'What each version could do (share of right answers on the test split, with 95% interval)',
    formatTable(
      ['version', ...names, 'gate', 'embedded', 'reused', 'drift'],
      result.versions.map((version) => [
        version.version,
        ...names.map((name) => {
          const interval = version.accuracyIntervals[name];
          return interval === undefined ? '–' : formatInterval(interval);
        }),
        version.superior ? `${version.gate}, superior` : version.gate,
        version.embedded,
        version.reused,
        driftText(version),
      ]),
    ),
    '',
    'Where the time went',
    formatTable(
      ['stage', 'time'],
      sumStages(result.stages).map(({ name, seconds }) => [name, formatSeconds(seconds)]),
    ),
    '',
    `Rollback to version ${result.rollback.toVersion}: seen by a client after ${result.rollback.clientMs.toFixed(0)} ms, acknowledged by every replica after ${result.rollback.acknowledgedMs.toFixed(0)} ms; ${result.rollback.failed} of ${result.rollback.requests} requests failed meanwhile`,
    '',
    'The ledger',
    formatTable(
      ['generation', 'action', 'version', 'by', 'why', 'artifact', 'at'],
      result.ledger.map((entry) => [
        entry.generation,
        entry.action,
        entry.version,
        entry.by,
        entry.reason,
        shortDigest(entry.artifactDigest),
        formatTime(entry.at),
      ]),
    ),
  ].join('\n');
};

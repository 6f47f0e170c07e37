/** Runs as a table that fits a terminal of 100 columns; what it leaves out, `runs show` has. */
import type { Run } from '@graft/contracts';
import { formatTable, formatTime, shortDigest, wrap } from './output.js';

/** Enough of an id to tell runs apart by: it begins with the moment, to the millisecond. `runs show` and others take it. */
export const shortRun = (id: string): string => id.slice(0, 13);

/** Where a run is, or what it ended in. */
const stateOf = ({ state, stage }: Run): string => {
  if (stage === null || state === 'succeeded' || state === 'requested') return state;
  return state === 'failed' || state === 'cancelled' || state === 'skipped'
    ? `${state} in ${stage}`
    : `${state}, ${stage}`;
};

/** Enough of a message to know which it is. */
const firstWords = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 150 ? `${line.slice(0, 149)}…` : line;
};

/** @param runs newest first; what went wrong with each stands under the table. */
export const formatRuns = (runs: readonly Run[]): string => {
  const wrong = runs.flatMap(({ id, error }) =>
    error === null ? [] : [`${shortRun(id)}  ${wrap(firstWords(error.message), 15)}`],
  );
  return [
    formatTable(
      ['run', 'pipeline', 'state', 'data version', 'version', 'started'],
      runs.map((run) => [
        shortRun(run.id),
        run.pipeline,
        stateOf(run),
        shortDigest(run.datasetVersion),
        run.version,
        formatTime(run.createdAt).slice(0, 16),
      ]),
    ),
    ...(wrong.length === 0 ? [] : ['', ...wrong]),
  ].join('\n');
};

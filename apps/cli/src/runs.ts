/** Following a run as it goes: its events, told by a progress bar for each stage. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  describeFacts,
  isUnderWay,
  runStoryOf,
  STAGE_UNITS,
  STOPS_EARLY,
  type Run,
  type RunEvent,
  type RunStory,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { formatSeconds, formatShare, note, paint, wrap } from './output.js';
import { createProgress, type Progress } from './progress.js';

const POLL_MS = 250;

/** The last error of a failed run, for a person. */
export const runFailure = (run: Run): AppError =>
  new AppError(
    'refused',
    `run ${run.id} of pipeline ${run.pipeline} ${run.state === 'cancelled' ? 'was cancelled' : run.state} in stage ${run.stage ?? '(none)'}: ${run.error?.message ?? 'no cause was recorded'}`,
    {
      details: { run: run.id, code: run.error?.code ?? null },
    },
  );

/** The events of a run that there are now, in order; the registry gives them out a page at a time. */
async function* eventsOf(registry: Registry, id: string, seen = 0): AsyncGenerator<RunEvent> {
  let after = seen;
  for (;;) {
    const events = await registry.listRunEvents(id, { after });
    yield* events;
    const last = events.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}

/**
 * Calls back for each event of a run, in order, until the run has ended; resolves with the run. It may be left and
 * joined again at any time: all events are kept.
 */
export const followRun = async (
  registry: Registry,
  id: string,
  onEvent: (event: RunEvent) => void,
  signal?: AbortSignal,
): Promise<Run> => {
  let after = 0;
  for (;;) {
    // The run is read before its events: once it has ended, no event can come after those that are then read.
    const run = await registry.getRun(id);
    for await (const event of eventsOf(registry, id, after)) {
      after = event.seq;
      onEvent(event);
    }
    if (!isUnderWay(run)) return run;
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
};

/** @returns what is told beside `done/total` */
export const describeProgress = (event: RunEvent): string =>
  [
    event.total === undefined ? null : (STAGE_UNITS[event.stage] ?? null),
    event.imagesPerSecond === undefined ? null : `${event.imagesPerSecond.toFixed(0)} images/s`,
    event.loss === undefined ? null : `loss ${event.loss.toFixed(4)}`,
    event.valLoss === undefined ? null : `val loss ${event.valLoss.toFixed(4)}`,
    event.accuracy === undefined ? null : `val accuracy ${formatShare(event.accuracy)}`,
    event.etaSeconds === undefined
      ? null
      : `${STOPS_EARLY.has(event.stage) ? 'at most ' : ''}${formatSeconds(event.etaSeconds)} left`,
  ]
    .filter((part) => part !== null)
    .join(' · ');

const describeFinished = (event: RunEvent): string => {
  const indent = 22;
  const said = (event.message ?? describeFacts(event.stage, event.data ?? {}))
    .split('\n')
    .map((line) => wrap(line, indent))
    .join(`\n${' '.repeat(indent)}`);
  return `  ${event.stage.padEnd(9)} ${event.seconds === undefined ? '' : formatSeconds(event.seconds).padStart(8)}  ${said}`.trimEnd();
};

export const readRunStory = async (registry: Registry, id: string): Promise<RunStory> => {
  const events: RunEvent[] = [];
  for await (const event of eventsOf(registry, id)) if (event.kind !== 'progress') events.push(event);
  return runStoryOf(events);
};

export interface RunTeller {
  tell(event: RunEvent): void;
  /** Leaves the terminal as it was, wherever the run is. */
  leave(): void;
}

/**
 * Tells a run's events on standard error.
 * @param options.progress whether to tell how far a stage is; default: yes
 */
export const createRunTeller = ({ progress: tellsProgress = true }: { progress?: boolean } = {}): RunTeller => {
  let progress: Progress | null = null;
  // Several workers tell of one stage, each of its own share: the bar goes where the furthest is.
  let furthest = 0;
  const end = (line?: string): void => {
    if (progress !== null) progress.stop(line);
    else if (line !== undefined) note(line);
    progress = null;
    furthest = 0;
  };
  const tell = (event: RunEvent): void => {
    switch (event.kind) {
      case 'started':
        return end();
      case 'progress':
        if (!tellsProgress) return;
        progress ??= createProgress(`  ${event.stage}`);
        furthest = event.stage === 'embed' ? Math.max(furthest, event.step ?? 0) : (event.step ?? 0);
        return progress.update(furthest, event.total ?? 0, describeProgress(event));
      case 'finished':
        return end(describeFinished(event));
      case 'warning':
        return end(`  ${event.stage.padEnd(9)} ${paint('yellow', 'warning', process.stderr)} ${event.message ?? ''}`);
      case 'failed':
        return end(`  ${event.stage.padEnd(9)} ${paint('red', 'failed', process.stderr)} ${event.message ?? ''}`);
    }
  };
  return { tell, leave: () => end() };
};

/** Runs that are looked through for a short id: older ones need theirs in full. */
const RECENT = 500;

/**
 * The run that a person means: by id, by the first characters of it, or `latest`.
 * @throws AppError `not_found`, `usage` when several begin so.
 */
export const findRun = async (registry: Registry, asked: string): Promise<Run> => {
  if (FULL_ID.test(asked)) return registry.getRun(asked);
  const recent = await registry.listRuns({ limit: RECENT });
  const found = asked === 'latest' ? recent.slice(0, 1) : recent.filter(({ id }) => id.startsWith(asked));
  const [run, ...others] = found;
  if (run === undefined) throw new AppError('not_found', `no run ${asked}; ./graft runs list shows what there is`);
  if (others.length > 0)
    throw new AppError('usage', `${found.length} runs begin with ${asked}: ${found.map(({ id }) => id).join(', ')}`);
  return run;
};

const FULL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Following a selection as it goes: its stages, and what its runs tell. It may be left and joined again at any time. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  describeFacts,
  isErrorCode,
  type RunEvent,
  type SelectionRecord,
  type SelectionRun,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { formatSeconds, note, paint } from '../output.js';
import { createProgress, type Progress } from '../progress.js';

const POLL_MS = 400;

const STAGES: Record<NonNullable<SelectionRecord['stage']>, string> = {
  probe: 'probing the candidates on frozen features',
  measure: 'measuring latency and size',
  'fine-tune': 'fine-tuning the finalists',
  judge: 'judging',
};

export interface SelectionTeller {
  stage(stage: NonNullable<SelectionRecord['stage']>): void;
  event(run: SelectionRun, event: RunEvent): void;
  /** Leaves the terminal as it was. */
  leave(): void;
}

const factsOf = ({ stage, data = {}, message }: RunEvent): string =>
  describeFacts(stage, data) || (message?.split('\n')[0] ?? '');

/** Of what has been told since the last look, progress counts where it is the last word: what came after it says more. */
const isOld = (event: RunEvent, at: number, events: readonly RunEvent[], isUnderWay: boolean): boolean =>
  event.kind === 'progress' && (!isUnderWay || at < events.length - 1);

/** Tells on standard error; runs side by side share one bar, of whichever spoke last. */
export const createSelectionTeller = (): SelectionTeller => {
  let bar: { readonly name: string; readonly progress: Progress } | null = null;
  const end = (line?: string): void => {
    bar?.progress.stop();
    bar = null;
    if (line !== undefined) note(line);
  };
  return {
    stage: (stage) => end(`${STAGES[stage]} …`),
    event: ({ candidate }, event) => {
      const { kind, stage, seconds, message = '', step = 0, total = 0 } = event;
      const name = `  ${candidate} ${stage}`;
      const told = (text: string): void =>
        end(
          `  ${candidate.padEnd(28)} ${stage.padEnd(9)} ${seconds === undefined ? ''.padStart(9) : formatSeconds(seconds).padStart(9)}  ${text}`.trimEnd(),
        );
      if (kind === 'progress') {
        if (bar?.name !== name) end();
        bar ??= { name, progress: createProgress(name) };
        bar.progress.update(step, total);
      } else if (kind === 'finished') told(factsOf(event));
      else if (kind === 'warning') told(`${paint('yellow', 'warning', process.stderr)} ${message}`);
      else if (kind === 'failed') told(`${paint('red', 'failed', process.stderr)} ${message}`);
    },
    leave: () => end(),
  };
};

/** What a selection that failed ended in. */
const failureOf = ({ id, error }: SelectionRecord): AppError =>
  new AppError(
    error !== null && isErrorCode(error.code) ? error.code : 'refused',
    `the selection failed: ${error?.message ?? 'no cause was recorded'}; ask again to try again`,
    { details: { selection: id } },
  );

/**
 * Tells what is new until the selection has ended; resolves with it.
 * @throws AppError with the code of what it failed of.
 */
export const followSelection = async (
  registry: Pick<Registry, 'getSelection' | 'getRun' | 'listRunEvents'>,
  id: string,
  teller: SelectionTeller,
): Promise<SelectionRecord> => {
  const after = new Map<string, number>();
  const ended = new Set<string>();
  let told: SelectionRecord['stage'] = null;

  const tellRun = async (run: SelectionRun): Promise<void> => {
    // Read before its events: once it has ended, no event can come after those that are then read.
    const { state } = await registry.getRun(run.runId);
    const events = await registry.listRunEvents(run.runId, { after: after.get(run.runId) ?? 0 });
    for (const [at, event] of events.entries()) {
      after.set(run.runId, event.seq);
      if (!isOld(event, at, events, state === 'running')) teller.event(run, event);
    }
    if (state !== 'running' && events.length === 0) ended.add(run.runId);
  };

  for (;;) {
    const record = await registry.getSelection(id);
    const isOver = record.state === 'succeeded' || record.state === 'failed';
    for (const run of record.runs.filter(({ runId }) => !ended.has(runId))) await tellRun(run);
    if (record.stage !== null && record.stage !== told && !isOver) teller.stage(record.stage);
    told = record.stage;
    if (isOver) {
      teller.leave();
      if (record.state === 'failed') throw failureOf(record);
      return record;
    }
    await sleep(POLL_MS);
  }
};

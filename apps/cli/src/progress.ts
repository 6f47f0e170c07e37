/** One progress bar on standard error; plain lines where that is no terminal. */
import { SingleBar } from 'cli-progress';
import { note } from './output.js';

export interface Progress {
  update(done: number, total: number, told?: string): void;
  /** Ends the bar and leaves a line that says what was done. */
  stop(line?: string): void;
}

/** Off a terminal, a line at each tenth of the way is enough for a log. */
const LINES = 10;

export const createProgress = (title: string): Progress => {
  if (!process.stderr.isTTY) return createLines(title);
  const bar = new SingleBar({
    format: `${title.padEnd(22)} {bar} {value}/{total} {told}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let started = false;
  return {
    update(done, total, told = '') {
      if (!started) bar.start(total, done, { told });
      else {
        bar.setTotal(total);
        bar.update(done, { told });
      }
      started = true;
    },
    stop(line) {
      if (started) bar.stop();
      if (line !== undefined) note(line);
    },
  };
};

const createLines = (title: string): Progress => {
  let tenth = -1;
  return {
    update(done, total, told = '') {
      const reached = total === 0 ? LINES : Math.floor((done / total) * LINES);
      if (reached === tenth) return;
      tenth = reached;
      note(`${title}: ${done}/${total} ${told}`.trimEnd());
    },
    stop(line) {
      if (line !== undefined) note(line);
    },
  };
};

export interface StagedProgress {
  update(stage: string, done: number, total: number, told?: string): void;
  stop(): void;
}

/** A bar for each stage of some work, one after the other. */
export const createStagedProgress = (): StagedProgress => {
  let current: { stage: string; progress: Progress } | null = null;
  return {
    update: (stage, done, total, told) => {
      if (current?.stage !== stage) {
        current?.progress.stop();
        current = { stage, progress: createProgress(stage) };
      }
      current.progress.update(done, total, told);
    },
    stop: () => current?.progress.stop(),
  };
};

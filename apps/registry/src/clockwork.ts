/** Something done again and again, from the start on: one at a time, and what fails is logged and tried at the next turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@graft/platform';

export interface ClockworkOptions {
  /** For the log: "review times". */
  readonly what: string;
  /** Milliseconds between the end of one turn and the beginning of the next. */
  readonly everyMs: number;
  readonly turn: () => Promise<void>;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface Clockwork {
  /** Begins no other turn, and waits for the present one. */
  close(): Promise<void>;
}

export const startClockwork = ({ what, everyMs, turn, logger }: ClockworkOptions): Clockwork => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await turn().catch((err: unknown) => logger.warn({ err, what }, 'registry: a turn of its clockwork failed'));
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    close: async () => {
      stopping.abort();
      await running;
    },
  };
};

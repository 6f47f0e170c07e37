/** How much memory a training may take, and the watch over it. */
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { AppError } from '@graft/contracts';

const MIB = 2 ** 20;
/** The rest is for the trainer itself, the system's file cache, and servers on the same machine. */
const DEFAULT_SHARE = 0.75;
const WATCH_INTERVAL_MS = 1_000;

/** Three quarters of what the machine, or the control group that this process runs in, has. */
export const defaultMemoryMib = (
  machine: { readonly total: number; readonly constrained: number | undefined } = {
    total: totalmem(),
    constrained: process.constrainedMemory?.(),
  },
): number => {
  const { total, constrained = 0 } = machine;
  // Without a limit there is none (0), or one beyond any machine.
  const available = constrained > 0 && constrained < total ? constrained : total;
  return Math.floor((DEFAULT_SHARE * available) / MIB);
};

/** Resident memory in a `/proc/<pid>/status`, bytes; 0 for a process that has ended. */
export const residentBytes = (status: string): number => 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);

/** `too_large`, with the way out. */
export const memoryExceeded = ({ used, limitMib }: { used: number; limitMib: number }): AppError => {
  const usedMib = Math.round(used / MIB);
  return new AppError(
    'too_large',
    `the training took ${usedMib} MiB of memory, more than the ${limitMib} MiB it may (GRAFT_TRAIN_MEMORY_MIB); ` +
      'lower train.batchSize or train.inputSize, or choose a smaller backbone',
    { details: { usedMib, limitMib } },
  );
};

/**
 * Looks every second at what a process holds; calls back once, when that is more than the limit.
 * @returns stops looking.
 */
export const watchMemory = (options: {
  readonly pid: number;
  readonly limitMib: number;
  readonly onExceeded: (used: number) => void;
}): (() => void) => {
  const { pid, limitMib, onExceeded } = options;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  const look = async (): Promise<void> => {
    const used = residentBytes(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
    if (stopped || used <= limitMib * MIB) return;
    stop();
    onExceeded(used);
  };
  const timer = setInterval(() => void look(), WATCH_INTERVAL_MS);
  return stop;
};

/** Ctrl-C: what is on the terminal is put in order, a person is told what is left, and the exit code says so. */

/** What a shell says of a program that SIGINT ended. */
export const INTERRUPTED = 130;

/** Runs `act`; Ctrl-C meanwhile says `line` on standard error and ends this process, with exit code 130. */
export const sayWhenInterrupted = async <T>(line: string, act: () => Promise<T>): Promise<T> => {
  const end = (): never => {
    process.stderr.write(`${line}\n`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', end);
  try {
    return await act();
  } finally {
    process.off('SIGINT', end);
  }
};

/**
 * Runs `act`; Ctrl-C meanwhile calls `restore` before anyone else hears of it, and ends this process unless someone
 * else listens, who then decides.
 */
export const restoreWhenInterrupted = async <T>(restore: () => void, act: () => Promise<T>): Promise<T> => {
  const first = (): void => {
    restore();
    if (process.listenerCount('SIGINT') === 0) process.exit(INTERRUPTED);
  };
  process.prependOnceListener('SIGINT', first);
  try {
    return await act();
  } finally {
    process.off('SIGINT', first);
  }
};

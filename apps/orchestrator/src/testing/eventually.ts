import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, in real time, until the condition holds. */
export const eventually = async (condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`not so within ${timeoutMs} ms: ${condition.toString()}`);
    await sleep(20);
  }
};

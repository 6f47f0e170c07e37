/** Requests that come at their own pace, whether those before them were answered or not, as people's do. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answered {
  /** By performance.now(). */
  readonly sentAt: number;
  readonly seconds: number;
  /** Null where there was none: what went wrong is in `body`. */
  readonly status: number | null;
  readonly body: string;
}

export interface OpenLoop {
  /** Ends it; returns when all that was sent is answered. */
  stop(): Promise<readonly Answered[]>;
}

export const startOpenLoop = (perSecond: number, send: () => Promise<Response>): OpenLoop => {
  const sent: Promise<Answered>[] = [];
  let isOver = false;
  const ask = async (): Promise<Answered> => {
    const sentAt = performance.now();
    const since = (): number => (performance.now() - sentAt) / 1000;
    try {
      const response = await send();
      const body = await response.text();
      return { sentAt, seconds: since(), status: response.status, body };
    } catch (thrown) {
      const { message, cause } = thrown as Error;
      return { sentAt, seconds: since(), status: null, body: `${message}: ${String(cause)}` };
    }
  };
  const run = async (): Promise<void> => {
    const from = performance.now();
    while (!isOver) {
      const due = Math.floor(((performance.now() - from) / 1000) * perSecond);
      while (sent.length < due) sent.push(ask());
      await sleep(1000 / perSecond / 2);
    }
  };
  const running = run();
  return {
    stop: async () => {
      isOver = true;
      await running;
      return Promise.all(sent);
    },
  };
};

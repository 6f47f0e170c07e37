/** Mutated requests, many at a time, and what they were answered. */
import { createRandom, mutatedRequest } from './mutate-requests.js';
import { sendRaw } from './send-raw.js';

const CLIENTS = 16;

export interface FuzzOptions {
  readonly url: string;
  /** The same requests for the same seed. */
  readonly seed: number;
  /** Whether another is sent, told how many were. */
  readonly goesOn: (sent: number) => boolean;
}

export interface FuzzReport {
  readonly sent: number;
  /** How many answers had each status; `none`: the connection was closed without a word. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that were answered with 500 or more other than 503, with their answers. */
  readonly failures: readonly string[];
}

export const fuzzServing = async ({ url, seed, goesOn }: FuzzOptions): Promise<FuzzReport> => {
  const random = createRandom(seed);
  const statuses: Record<string, number> = {};
  const failures: string[] = [];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (goesOn(sent)) {
      const request = mutatedRequest(random);
      sent += 1;
      const answer = await sendRaw(url, request);
      for (const [, status = ''] of [
        ...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm),
        ...(answer === '' ? [['', 'none']] : []),
      ]) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (Number(status) >= 500 && status !== '503') failures.push(`${request.toString('latin1')}\n→ ${answer}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { sent, statuses, failures };
};

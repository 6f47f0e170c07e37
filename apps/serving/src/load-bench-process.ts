/**
 * Load on a server, for the bench `serve`: the same for ours and for the peer's. One JSON object a line over standard input and output.
 *
 *   node load-bench-process.js '{"url":"…","files":["one.jpg"],"clients":8,"requests":384}'
 *
 * A round is so many requests by so many clients, each of which sends its next when it has its answer. `{"save": PATH}` writes the last
 * round's milliseconds. With a `rate` (requests a second) and `seconds`, `save` sends at that rate, whatever comes back, and writes what did.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request as send } from 'node:http';
import { createInterface } from 'node:readline';
import { AppError } from '@graft/contracts';
import { z } from 'zod';

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const { url, files, headers, clients, requests, rate, seconds } = z
  .object({
    ...{ url: z.string(), files: z.array(z.string()).min(1) },
    headers: z.record(z.string(), z.string()).default({ 'content-type': 'image/jpeg' }),
    ...{ clients: z.int().positive(), requests: z.int().positive() },
    ...{ rate: z.number().positive().nullable().default(null), seconds: z.number().positive().default(1) },
  })
  .parse(JSON.parse(process.argv[2] ?? ''));
const bodies = await Promise.all(files.map((file) => readFile(file)));

interface Outcome {
  /** 0: no answer came. */
  readonly status: number;
  readonly ms: number;
}

const post = (body: Uint8Array, agent: Agent): Promise<Outcome> =>
  new Promise((resolve) => {
    const startedAt = performance.now();
    const end = (status: number): void => resolve({ status, ms: performance.now() - startedAt });
    const sized = { ...headers, 'content-length': body.length };
    const sent = send(url, { method: 'POST', agent, headers: sized }, (response) => {
      response.resume();
      response.once('end', () => end(response.statusCode ?? 0));
      response.once('error', () => end(0));
    });
    sent.once('error', () => end(0));
    sent.end(body);
  });

let last: number[] = [];

const closedRound = async (): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  let next = 0;
  const answers: Outcome[] = [];
  const client = async (): Promise<void> => {
    while (next < requests) {
      const body = bodies[next % bodies.length] ?? new Uint8Array();
      next += 1;
      answers.push(await post(body, agent));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  const failed = answers.find(({ status }) => status !== 200);
  if (failed !== undefined) throw new AppError('internal', `${url} answered ${failed.status}`);
  last = answers.map(({ ms }) => ms);
};

const openRound = async (perSecond: number): Promise<Outcome[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const under: Promise<Outcome>[] = [];
  const startedAt = performance.now();
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    const waitMs = startedAt + (sent * 1000) / perSecond - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    under.push(post(bodies[sent % bodies.length] ?? new Uint8Array(), agent));
  }
  const outcomes = await Promise.all(under);
  agent.destroy();
  return outcomes;
};

say({ ready: true, about: { clients, requests } });
for await (const line of createInterface({ input: process.stdin })) {
  const { save } = JSON.parse(line) as { save?: string };
  if (save !== undefined) {
    await writeFile(save, JSON.stringify(rate === null ? last : await openRound(rate)));
    say({ saved: true });
    continue;
  }
  const startedMs = performance.now();
  await closedRound();
  say({ seconds: (performance.now() - startedMs) / 1000, units: requests });
}
process.exit(0);

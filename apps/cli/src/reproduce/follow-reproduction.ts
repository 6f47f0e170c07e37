/** Following a reproduction as it goes. It may be left and joined again at any time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isErrorCode, type Reproduction } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { note } from '../output.js';
import type { RunTeller } from '../runs.js';

const POLL_MS = 300;
/** As long as a server or a worker may be busy with something else before a person wonders. */
const SILENCE_MS = 60_000;

const failureOf = ({ id, model, version, error }: Reproduction): AppError =>
  new AppError(
    error !== null && isErrorCode(error.code) ? error.code : 'refused',
    error?.message ?? `making version ${version} of ${model} again failed, and no cause was recorded`,
    { details: { reproduction: id, model, version } },
  );

/**
 * Tells what is new until it has ended; resolves with it.
 * @throws AppError with the code of what it failed of.
 */
export const followReproduction = async (
  registry: Pick<Registry, 'getReproduction' | 'listReproductionEvents'>,
  id: string,
  teller: RunTeller,
): Promise<Reproduction> => {
  let after = 0;
  let [heardMs, hasWondered] = [performance.now(), false];
  for (;;) {
    // Read before its events: once it has ended, no event comes after those that are then read.
    const reproduction = await registry.getReproduction(id);
    const events = await registry.listReproductionEvents(id, { after });
    for (const event of events) {
      after = event.seq;
      heardMs = performance.now();
      teller.tell({ ...event, runId: id });
    }
    if (events.length > 0) continue;
    if (reproduction.state === 'succeeded' || reproduction.state === 'failed') {
      teller.leave();
      if (reproduction.state === 'failed') throw failureOf(reproduction);
      return reproduction;
    }
    if (!hasWondered && performance.now() - heardMs > SILENCE_MS) {
      hasWondered = true;
      note('nothing has been heard for a minute: the orchestrator, or a trainer, is away or busy (./graft status)');
    }
    await sleep(POLL_MS);
  }
};

/** Following a bulk classification as it goes. It may be left at any time, and goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isBulkOver, isErrorCode, type BulkClassification } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { note } from '../output.js';
import type { Progress } from '../progress.js';

const POLL_MS = 300;
/** As long as a server or a worker may be busy with something else before a person wonders. */
const SILENCE_MS = 60_000;

const failureOf = ({ id, state, error, target, objects }: BulkClassification): AppError => {
  const details = { id, target };
  if (state === 'cancelled')
    return new AppError('refused', `it was called off after ${objects} objects; what is written stays at ${target}`, {
      details,
    });
  return new AppError(
    error !== null && isErrorCode(error.code) ? error.code : 'refused',
    error?.message ?? `${id} failed, and no cause was recorded`,
    { details },
  );
};

/** Resolves with it once all answers are written. @throws AppError with the code of what it failed of, `refused` where it was called off. */
export const followBulk = async (
  registry: Pick<Registry, 'getBulk'>,
  id: string,
  progress: Progress,
): Promise<BulkClassification> => {
  let [heardMs, heard, hasWondered] = [performance.now(), '', false];
  for (;;) {
    const bulk = await registry.getBulk(id);
    const { state, objects, total, unfit } = bulk;
    if (total !== null)
      progress.update(objects, Math.max(objects, total), unfit === 0 ? 'objects' : `objects, ${unfit} unfit`);
    if (isBulkOver(bulk)) {
      progress.stop();
      if (state === 'succeeded') return bulk;
      throw failureOf(bulk);
    }
    const now = `${state} ${objects} ${total}`;
    if (now !== heard) [heard, heardMs] = [now, performance.now()];
    if (!hasWondered && performance.now() - heardMs > SILENCE_MS) {
      hasWondered = true;
      note('nothing has been heard for a minute: the orchestrator, or a trainer, is away or busy (./graft status)');
    }
    await sleep(POLL_MS);
  }
};

/** The calls that were refused: counted here, written together, so that a flood of them is no flood of writes. */
import type { Logger } from '@graft/platform';
import type { Database } from '../db/database.js';
import type { CountedRefusal, RefusalRow, RefusedCall } from '../repositories/refusals.js';
import type { PageAsk } from '../rules/page.js';

const WRITE_EVERY_MS = 1_000;
/** Kinds of calls that are told apart between two writes; what is beyond is counted as from `others`. */
const MOST_KINDS = 500;

export interface RefusalLog {
  /** Counts one; it is written within a second, or when the log is read or closed. */
  note(call: RefusedCall): void;
  /** Newest first, with all that were noted before. */
  list(page: PageAsk<string>): Promise<RefusalRow[]>;
  close(): Promise<void>;
}

const keyOf = (call: RefusedCall): string =>
  JSON.stringify([call.status, call.operation, call.token, call.role, call.address]);

export const createRefusalLog = ({ db, logger }: { db: Pick<Database, 'refusals'>; logger: Logger }): RefusalLog => {
  let counted = new Map<string, CountedRefusal>();

  const add = (refusal: CountedRefusal): void => {
    const present = counted.get(keyOf(refusal));
    if (present === undefined && counted.size >= MOST_KINDS && refusal.address !== 'others') {
      return add({ ...refusal, address: 'others' });
    }
    counted.set(keyOf(refusal), { ...refusal, count: (present?.count ?? 0) + refusal.count });
  };

  /** One write after the other: two that add to the same rows would wait for each other. */
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    writing = writing.then(async () => {
      const batch = counted;
      counted = new Map();
      try {
        await db.refusals.add([...batch.values()]);
      } catch (err) {
        logger.warn({ err }, 'refusals: could not be written; they are kept for the next time');
        for (const refusal of batch.values()) add(refusal);
      }
    });
    return writing;
  };
  const timer = setInterval(() => void write(), WRITE_EVERY_MS);

  return {
    note: (call) => add({ ...call, count: 1 }),
    list: async (page) => {
      await write();
      return db.refusals.list(page);
    },
    close: async () => {
      clearInterval(timer);
      await write();
    },
  };
};

/**
 * A model that ends the whole process when it is loaded leaves no error behind. So what is being loaded is on disk while it is, and whoever
 * starts after such an end knows what it was: an artifact that took two processes along is refused for a while.
 */
import type { ObjectStore } from '@graft/artifacts';
import { AppError, canonicalJson, digestSchema, type Digest } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { z } from 'zod';
import { parseJson } from './model-store.js';

const guardSchema = z.object({
  schemaVersion: z.literal('load-guard.v1'),
  /** Being loaded now, or when the process ended; null between loads. */
  loading: digestSchema.nullable(),
  /** Processes that ended while they loaded an artifact, and when the last of them was found. */
  ends: z.record(z.string(), z.object({ count: z.int().min(1), at: z.iso.datetime() })),
});
type Guard = z.infer<typeof guardSchema>;

export interface LoadGuard {
  /**
   * Runs `load`, and remembers that it does for as long as it takes.
   * @throws AppError `refused` for an artifact that ended processes; else whatever `load` throws.
   */
  run<T>(artifactDigest: Digest, load: () => Promise<T>): Promise<T>;
}

export interface LoadGuardOptions {
  readonly documents: Pick<ObjectStore, 'get' | 'put'>;
  /** Each replica has its own: another's process is another's. */
  readonly replicaId: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** One end may have another cause: a machine that is short of memory, kill -9, a power cut. */
const MOST_ENDS = 2;
/** After that it may try once more: whatever it was may have passed, and one process in an hour is bearable. */
const REFUSED_MS = 3_600_000;

const EMPTY: Guard = { schemaVersion: 'load-guard.v1', loading: null, ends: {} };

export const createLoadGuard = ({ documents, replicaId, now, logger }: LoadGuardOptions): LoadGuard => {
  const key = `loading/${encodeURIComponent(replicaId)}.json`;
  let known: Guard | null = null;

  const keep = async (guard: Guard): Promise<void> => {
    known = guard;
    await documents.put(key, new TextEncoder().encode(canonicalJson(guard))).catch((err: unknown) => {
      // A disk that is full is no reason to serve nothing.
      logger.warn({ err }, 'load guard: it could not be written');
    });
  };

  /** What is still being loaded at a start was what the process before ended with. */
  const open = async (): Promise<Guard> => {
    const kept = await documents.get(key);
    const found = kept === null ? EMPTY : (guardSchema.safeParse(parseJson(kept.bytes)).data ?? EMPTY);
    if (found.loading === null) return found;
    const { count } = found.ends[found.loading] ?? { count: 0 };
    const ends = { ...found.ends, [found.loading]: { count: count + 1, at: now().toISOString() } };
    const guard = { ...found, loading: null, ends };
    logger.error(
      { artifactDigest: found.loading, ends: count + 1 },
      'load guard: the process before ended while it loaded this',
    );
    await keep(guard);
    return guard;
  };

  const check = ({ ends }: Guard, artifactDigest: Digest): void => {
    const ended = ends[artifactDigest];
    if (ended === undefined || ended.count < MOST_ENDS) return;
    const again = new Date(Date.parse(ended.at) + REFUSED_MS);
    if (again <= now()) return;
    throw new AppError(
      'refused',
      `artifact ${artifactDigest} ended ${ended.count} processes of this replica while they loaded it (${ended.at} the last time): ` +
        `it is refused here until ${again.toISOString()}; the log before that moment may say more`,
      { details: { artifactDigest, ...ended } },
    );
  };

  return {
    run: async (artifactDigest, load) => {
      known ??= await open();
      check(known, artifactDigest);
      await keep({ ...known, loading: artifactDigest });
      try {
        const loaded = await load();
        const { [artifactDigest]: _forgiven, ...ends } = known.ends;
        await keep({ ...known, loading: null, ends });
        return loaded;
      } catch (thrown) {
        await keep({ ...known, loading: null });
        throw thrown;
      }
    },
  };
};

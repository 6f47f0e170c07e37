/**
 * Images of requests that are worth a person's look go to the landing zone, into a batch of the day (`<dataset>/@kept-2026-11-27/`). It has
 * no manifest, so nothing is taken in before somebody has written down what they show. Off unless it is asked for; nobody waits for it.
 */
import type { ObjectStore } from '@graft/artifacts';
import { digestOfBytes, type Digest } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { DatasetRegistry, ModelRegistry } from '@graft/registry-client';
import sharp from 'sharp';

/** `unsure`: the best class is improbable; `disagreement`: a shadow says another class. */
export const KEEP_REASONS = ['unsure', 'disagreement'] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

export interface KeepPolicy {
  /** For what; empty: nothing is kept. */
  readonly reasons: readonly KeepReason[];
  /** A best class that is less probable is unsure, 0 to 1. */
  readonly unsureBelow: number;
  /** Images kept in an hour at most; what comes above is let go. */
  readonly perHour: number;
}

export interface Candidate {
  readonly why: KeepReason;
  readonly model: string;
  readonly version: number;
  readonly bytes: Uint8Array;
  /** What was answered. */
  readonly label: string;
  readonly probability: number;
}

export interface ImageKeeper {
  /** Whether an answer as sure as this is worth keeping. */
  isUnsure(probability: number): boolean;
  /** Whether the policy keeps for this. */
  keepsFor(why: KeepReason): boolean;
  /** Keeps it, some time soon, where there is room. Never throws. */
  offer(candidate: Candidate): void;
  /** Resolves when what was offered is kept. */
  settle(): Promise<void>;
}

export interface KeeperOptions {
  readonly policy: KeepPolicy;
  /** The bucket where images land. */
  readonly landing: Pick<ObjectStore, 'put'>;
  readonly registry: Pick<ModelRegistry, 'getModelVersion'> & Pick<DatasetRegistry, 'getDatasetVersion'>;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly onKept?: (why: KeepReason) => void;
}

const HOUR_MS = 3_600_000;
/** Put at the same time; a store that is slow costs images, and no memory. */
const MAX_IN_FLIGHT = 4;
/** Images that are known to be kept: the same one, asked about again and again, is kept once. */
const REMEMBERED = 10_000;

/** @see createImageKeeper: keeps nothing. */
export const NO_KEEPER: ImageKeeper = {
  isUnsure: () => false,
  keepsFor: () => false,
  offer: () => undefined,
  settle: async () => undefined,
};

/** S3 metadata is ASCII: a label may be anything. */
const ascii = (text: string): string => encodeURIComponent(text).slice(0, 200);

export const createImageKeeper = (options: KeeperOptions): ImageKeeper => {
  const { policy, landing, registry, logger, now, onKept } = options;
  const known = new Set<Digest>();
  const inFlight = new Set<Promise<void>>();
  const datasets = new Map<string, Promise<string>>();
  let hour = { startsMs: 0, kept: 0 };

  /** Whose images a version learned from. */
  const datasetOf = (model: string, version: number): Promise<string> => {
    const key = `${model}/${version}`;
    const found =
      datasets.get(key) ??
      registry
        .getModelVersion(model, version)
        .then(({ lineage }) => registry.getDatasetVersion(lineage.datasetVersion))
        .then(({ dataset }) => dataset);
    datasets.set(key, found);
    // Asked again when the registry is back.
    found.catch(() => datasets.delete(key));
    return found;
  };

  const hasRoom = (): boolean => {
    const ms = now().getTime();
    if (ms - hour.startsMs >= HOUR_MS) hour = { startsMs: ms, kept: 0 };
    return hour.kept < policy.perHour && inFlight.size < MAX_IN_FLIGHT;
  };

  const remember = (sha256: Digest): void => {
    known.add(sha256);
    const [oldest] = known;
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
  };

  const keep = async (sha256: Digest, candidate: Candidate): Promise<void> => {
    const { why, model, version, bytes, label, probability } = candidate;
    try {
      const [dataset, { format }] = await Promise.all([datasetOf(model, version), sharp(bytes).metadata()]);
      const day = now().toISOString().slice(0, 10);
      await landing.put(`${dataset}/@kept-${day}/${sha256}.${format}`, bytes, {
        mediaType: `image/${format}`,
        metadata: {
          ...{ source: 'serving', why, version: String(version) },
          ...{ answered: ascii(label), probability: probability.toFixed(4) },
        },
      });
      onKept?.(why);
    } catch (error) {
      known.delete(sha256);
      logger.warn({ err: error, model, version, why }, 'an image was not kept');
    }
  };

  return {
    isUnsure: (probability) => policy.reasons.includes('unsure') && probability < policy.unsureBelow,
    keepsFor: (why) => policy.reasons.includes(why),
    offer: (candidate) => {
      // Before the digest: this is on the way of a request.
      if (!policy.reasons.includes(candidate.why) || !hasRoom()) return;
      const sha256 = digestOfBytes(candidate.bytes);
      if (known.has(sha256)) return;
      hour.kept += 1;
      remember(sha256);
      const work = keep(sha256, candidate).finally(() => inFlight.delete(work));
      inFlight.add(work);
    },
    settle: async () => {
      await Promise.all(inFlight);
    },
  };
};

/** Image bytes to classes, on whatever version answers now. */
import { AppError, digestOfBytes, type Classification } from '@graft/contracts';
import { inputLength, preprocessInto } from '@graft/models';
import { createDecodeQueue } from './batching/decode-queue.js';
import { NO_KEEPER, type ImageKeeper, type KeepReason } from './keeping/image-keeper.js';
import { PROBABILITIES } from './models/check-golden.js';
import type { ServedModel } from './models/served-model.js';
import type { Lease, ServingTable } from './replica/serving-table.js';
import type { RequestIds } from './request-id.js';
import { inSpan } from './tracing/spans.js';
import type { Beside } from './trials/answer-beside.js';

export interface ClassifierOptions {
  readonly table: ServingTable;
  readonly beside: Beside;
  readonly requestIds: RequestIds;
  /** What this replica serves for: a request id says so. */
  readonly environment: string;
  /** Images decoded at once. */
  readonly decoders: number;
  /** Images that may wait for a decoder; default 128. */
  readonly maxWaiting: number;
  /** From the request's arrival to its answer, milliseconds. */
  readonly deadlineMs: number;
  readonly onDecoded?: (seconds: number) => void;
  /** Of images that are worth a look; default: nothing is kept. */
  readonly keeper?: ImageKeeper;
}

export interface Answer {
  readonly classification: Classification;
  readonly lease: Pick<Lease, 'epoch' | 'generation' | 'served'>;
}

export interface Classifier {
  /**
   * @param top how many of the best classes to tell; default all.
   * @param key what decides, while there is a canary, who answers; default: the image
   * @param mayKeep whether the image may be kept for people to look at, where the policy says so; default: it may
   * @param signal aborted when the client hangs up: its image leaves the queues.
   * @throws AppError `not_found`, `unavailable`, `image_unfit`, `overloaded`, `timeout`.
   */
  classify(request: {
    model: string;
    bytes: Uint8Array;
    top?: number;
    key?: string;
    mayKeep?: boolean;
    signal?: AbortSignal;
  }): Promise<Answer>;
}

/** How long somebody waits. */
interface Patience {
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal | undefined;
}

interface Ranking {
  readonly probabilities: Float32Array;
  /** Classes, best first. */
  readonly ranked: readonly number[];
  /** Theirs, in that order. */
  readonly labels: readonly string[];
}

/** Best first; equal ones in the order of their class. */
const rank = (probabilities: Float32Array): number[] =>
  Array.from(probabilities.keys()).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);

export const createClassifier = (options: ClassifierOptions): Classifier => {
  const {
    table,
    beside,
    requestIds,
    environment,
    decoders,
    maxWaiting,
    deadlineMs,
    onDecoded,
    keeper = NO_KEEPER,
  } = options;
  const decodeQueue = createDecodeQueue({ decoders, maxWaiting });

  const decode = (served: ServedModel, bytes: Uint8Array, { deadlineAt, signal }: Patience): Promise<Float32Array> => {
    const startedAt = performance.now();
    return decodeQueue.run(async () => {
      // Whoever asked has given up: don't spend a decoder on it.
      if (performance.now() > deadlineAt) throw new AppError('timeout', 'no decoder came free before the deadline');
      const { preprocessing } = served.signature;
      const input = new Float32Array(inputLength(preprocessing));
      await preprocessInto(bytes, preprocessing, input, 0);
      onDecoded?.((performance.now() - startedAt) / 1_000);
      return input;
    }, signal);
  };

  const infer = async (served: ServedModel, bytes: Uint8Array, patience: Patience): Promise<Ranking> => {
    const input = await inSpan('decode', () => decode(served, bytes, patience));
    const { [PROBABILITIES]: probabilities = new Float32Array() } = await served.infer({
      ...{ input, batch: 1 },
      ...patience,
    });
    const ranked = rank(probabilities);
    return { probabilities, ranked, labels: ranked.map((index) => served.signature.labels[index] ?? String(index)) };
  };

  return {
    classify: async ({ model, bytes, top, key, mayKeep = true, signal }) => {
      const deadlineAt = performance.now() + deadlineMs;
      const lease = table.acquire(model);
      try {
        const { epoch, generation } = lease;
        const offer = (why: KeepReason, { version }: ServedModel, { labels, ranked, probabilities }: Ranking): void => {
          const probability = probabilities[ranked[0] ?? 0] ?? 0;
          keeper.offer({ why, model, version, bytes, label: labels[0] ?? '', probability });
        };
        const { answer, served } = await beside.answer({
          champion: lease.served,
          key: () => key ?? digestOfBytes(bytes),
          run: (one) => infer(one, bytes, { deadlineAt, signal }),
          bestOf: ({ labels }) => labels[0] ?? '',
          ...(mayKeep && keeper.keepsFor('disagreement')
            ? { onDisagreement: (theirs: Ranking) => offer('disagreement', lease.served, theirs) }
            : {}),
        });
        const { version, variant } = served;
        const { ranked, probabilities, labels } = answer;
        const [best = 0] = ranked;
        if (mayKeep && keeper.isUnsure(probabilities[best] ?? 0)) offer('unsure', served, answer);
        const requestId = requestIds.sign({
          ...{ model, version, environment, epoch, generation, classIndex: best },
          at: Date.now(),
        });
        const classes = ranked.slice(0, top).map((index, place) => ({
          label: labels[place] ?? String(index),
          probability: probabilities[index] ?? 0,
        }));
        return { classification: { model, version, variant, generation, requestId, classes }, lease };
      } finally {
        lease.release();
      }
    },
  };
};

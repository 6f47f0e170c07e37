/**
 * Takes feedback about answers: checks that the id is ours and not too old, and hands it to the registry, many at a time. Nothing is kept
 * here: who sends it hears whether the registry has it.
 */
import { AppError, MOST_FEEDBACK, type Feedback, type FeedbackReceipt, type VerifiedFeedback } from '@graft/contracts';
import type { DeploymentRegistry } from '@graft/registry-client';
import type { RequestIds } from '../request-id.js';

export interface FeedbackDeskOptions {
  readonly registry: Pick<DeploymentRegistry, 'recordFeedback'>;
  readonly requestIds: Pick<RequestIds, 'verify'>;
  /** How long after its answer feedback is taken, milliseconds. */
  readonly maxAgeMs: number;
  /** How long one waits for others to go with, milliseconds; default 10. */
  readonly gatherMs?: number;
  /** What may wait for the registry; default 2000. */
  readonly maxWaiting?: number;
}

export interface FeedbackDesk {
  /**
   * @throws AppError `invalid_request` (not our id, no label of the version), `refused` (too old), `not_found`, `overloaded`, or as the
   *   registry failed
   */
  take(feedback: Pick<Feedback, 'requestId' | 'label' | 'by'>): Promise<FeedbackReceipt>;
}

interface Waiting {
  readonly item: VerifiedFeedback;
  readonly resolve: (receipt: FeedbackReceipt) => void;
  readonly reject: (error: unknown) => void;
}

const DAY_MS = 86_400_000;

export const createFeedbackDesk = (options: FeedbackDeskOptions): FeedbackDesk => {
  const { registry, requestIds, maxAgeMs, gatherMs = 10, maxWaiting = 2_000 } = options;
  const waiting: Waiting[] = [];
  let isSending = false;

  const send = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await registry.recordFeedback(batch.map(({ item }) => item));
      for (const [at, { resolve, reject }] of batch.entries()) {
        const result = results[at];
        if (result === undefined) reject(new AppError('internal', 'the registry gave no result for this feedback'));
        else if (result.ok) resolve(result.receipt);
        else reject(new AppError(result.code, result.message));
      }
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  };

  /** One batch after the other: what comes meanwhile goes together. */
  const sendAll = async (): Promise<void> => {
    isSending = true;
    await new Promise((resolve) => setTimeout(resolve, gatherMs));
    while (waiting.length > 0) await send(waiting.splice(0, MOST_FEEDBACK));
    isSending = false;
  };

  const verify = ({ requestId, label, by }: Pick<Feedback, 'requestId' | 'label' | 'by'>): VerifiedFeedback => {
    const { id, at, environment, model, version, epoch, generation, classIndex } = requestIds.verify(requestId);
    const answeredAt = new Date(at).toISOString();
    const days = maxAgeMs / DAY_MS;
    if (Date.now() - at > maxAgeMs) {
      throw new AppError('refused', `that was answered at ${answeredAt}; feedback is taken for ${days} days`, {
        details: { answeredAt, days },
      });
    }
    return {
      requestId: id,
      model,
      version,
      environment,
      epoch,
      generation,
      classIndex,
      answeredAt,
      label,
      by: by ?? null,
    };
  };

  return {
    take: async (feedback) => {
      const item = verify(feedback);
      if (waiting.length >= maxWaiting) {
        throw new AppError('overloaded', `${waiting.length} others wait for the registry already; try again later`, {
          details: { retryAfterSeconds: 1 },
        });
      }
      return new Promise<FeedbackReceipt>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (!isSending) void sendAll();
      });
    },
  };
};

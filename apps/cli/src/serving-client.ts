/** Asking serving, as any application would. */
import {
  AppError,
  classificationSchema,
  feedbackReceiptSchema,
  fromProblem,
  problemSchema,
  type Classification,
  type Feedback,
  type FeedbackReceipt,
} from '@graft/contracts';
import type { z } from 'zod';

/** @throws AppError with what serving refused, or `unavailable` when it can't be reached. */
const post = async <S extends z.ZodType>(
  servingUrl: string,
  path: string,
  { answer, ...init }: { answer: S; headers: Record<string, string>; body: Uint8Array | string; signal?: AbortSignal },
): Promise<z.output<S>> => {
  const url = `${servingUrl}${path}`;
  const response = await fetch(url, { method: 'POST', ...init }).catch((cause: unknown) => {
    throw new AppError('unavailable', `serving doesn't answer at ${servingUrl}; ./graft status tells what runs`, {
      cause,
    });
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return answer.parse(body);
  const problem = problemSchema.safeParse(body);
  if (problem.success) throw fromProblem(problem.data);
  throw new AppError('unavailable', `serving answered ${response.status} to POST ${url}`);
};

/**
 * Asks serving about one image.
 * @throws AppError with what serving refused, or `unavailable` when it can't be reached.
 */
export const classifyImage = ({
  servingUrl,
  model,
  bytes,
  signal,
}: {
  servingUrl: string;
  model: string;
  bytes: Uint8Array;
  signal?: AbortSignal;
}): Promise<Classification> =>
  post(servingUrl, `/v1/models/${encodeURIComponent(model)}:classify`, {
    answer: classificationSchema,
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    ...(signal === undefined ? {} : { signal }),
  });

/**
 * Says what an answer should have been.
 * @throws AppError with what serving or the registry refused, or `unavailable` when it can't be reached.
 */
export const sendFeedback = ({
  servingUrl,
  feedback,
}: {
  servingUrl: string;
  feedback: Feedback;
}): Promise<FeedbackReceipt> =>
  post(servingUrl, '/v1/feedback', {
    answer: feedbackReceiptSchema,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(feedback),
  });

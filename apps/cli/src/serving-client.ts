/** Asking serving, as any application would. */
import { AppError, classificationSchema, fromProblem, problemSchema, type Classification } from '@graft/contracts';

/**
 * Asks serving about one image.
 * @throws AppError with what serving refused, or `unavailable` when it can't be reached.
 */
export const classifyImage = async (params: {
  servingUrl: string;
  model: string;
  bytes: Uint8Array;
  signal?: AbortSignal;
}): Promise<Classification> => {
  const url = `${params.servingUrl}/v1/models/${encodeURIComponent(params.model)}:classify`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: params.bytes,
    ...(params.signal === undefined ? {} : { signal: params.signal }),
  }).catch((cause: unknown) => {
    throw new AppError(
      'unavailable',
      `serving doesn't answer at ${params.servingUrl}; ./graft status tells what runs`,
      { cause },
    );
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return classificationSchema.parse(body);
  const problem = problemSchema.safeParse(body);
  if (problem.success) throw fromProblem(problem.data);
  throw new AppError('unavailable', `serving answered ${response.status} to POST ${url}`);
};

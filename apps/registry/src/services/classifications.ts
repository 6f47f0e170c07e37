/**
 * One image, asked of a replica as any client would ask it: for people who have the registry's address and no replica's. Only what a
 * replica tells, by a token of its role, is called, and nothing but a classification or a refusal in its form is passed on.
 */
import {
  AppError,
  classificationSchema,
  fromProblem,
  isRetryable,
  problemSchema,
  toAppError,
  type Classification,
  type ClassifyRequest,
  type Replica,
} from '@graft/contracts';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';

const TIMEOUT_MS = 15_000;
/** Replicas that are asked before it is given up. */
const MOST_ASKED = 3;

/** @throws AppError with what the replica refused, or `unavailable` where it doesn't answer as one. */
const askReplica = async ({ id, url }: Replica, model: string, image: Uint8Array): Promise<Classification> => {
  const address = `${url.replace(/\/+$/, '')}/v1/models/${encodeURIComponent(model)}:classify`;
  try {
    const answer = await fetch(address, {
      method: 'POST',
      body: image,
      headers: { 'content-type': 'application/octet-stream' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await answer.json();
    if (answer.ok) return classificationSchema.parse(body);
    throw fromProblem(problemSchema.parse(body));
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('unavailable', `replica ${id} does not answer at ${url}`, { cause: thrown });
  }
};

export const classificationService = (db: Database) => ({
  /** @throws AppError `not_found` (the model, a replica that serves it), what a replica refused (`image_unfit`), `unavailable` where none answers. */
  classify: async (model: string, { environment, image }: Required<ClassifyRequest>): Promise<Classification> => {
    if ((await db.models.get(model)) === null) throw noSuch('model', model, await db.models.names());
    const live = await db.replicas.list({ environment, live: true });
    const able = live.filter(({ serving }) => serving.some((one) => one.model === model));
    const bytes = Buffer.from(image, 'base64');
    let failure: unknown = new AppError('not_found', `no live replica of ${environment} serves ${model}`);
    for (const replica of able.slice(0, MOST_ASKED)) {
      try {
        return await askReplica(replica, model, bytes);
      } catch (thrown) {
        // Another may answer what this one couldn't.
        if (!isRetryable(toAppError(thrown).code)) throw thrown;
        failure = thrown;
      }
    }
    throw failure;
  },
});

/** One request where a version is on trial: the canary answers it, or the champion does and the shadow gets a copy. */
import { toAppError, type ErrorCode } from '@graft/contracts';
import type { ServedModel } from '../models/served-model.js';
import type { ActiveTrial, TrialBoard } from './trial-board.js';

/** Failures that are the server's own, and so the version's. A deadline that passed may be, too. */
const FAULTS: readonly ErrorCode[] = ['internal', 'corrupt', 'timeout'];
/** What the champion may still answer. */
const MENDABLE: readonly ErrorCode[] = ['internal', 'corrupt', 'overloaded', 'unavailable'];

export interface BesideOptions {
  readonly board: TrialBoard;
  /** Copies that a shadow works on at once: what comes meanwhile it doesn't get, so that the champion's requests don't wait for it. */
  readonly maxCopies?: number;
  /** From [0, 1). */
  readonly random?: () => number;
}

export interface BesideRequest<A> {
  readonly champion: ServedModel;
  /** What decides who answers: of one client, or of one image, always the same. Asked for only where it matters. */
  readonly key: () => string;
  readonly run: (served: ServedModel) => Promise<A>;
  /** Whether a version takes such a request; default: it does. */
  readonly fits?: (served: ServedModel) => boolean;
  /** The best class, to compare by. */
  readonly bestOf: (answer: A) => string;
  /** Told of a shadow that says another class than the answer does. */
  readonly onDisagreement?: (answer: A) => void;
}

export interface Beside {
  /**
   * The answer, and which version gave it. What a canary fails at, the champion answers: no request is lost to a trial.
   * @throws what `run` throws
   */
  answer<A>(request: BesideRequest<A>): Promise<{ readonly answer: A; readonly served: ServedModel }>;
}

export const createBeside = ({ board, maxCopies = 1, random = Math.random }: BesideOptions): Beside => {
  let copies = 0;

  const timed = async <A>(trial: ActiveTrial, side: 'champion' | 'trial', run: () => Promise<A>): Promise<A> => {
    const startedAt = performance.now();
    try {
      const answer = await run();
      board.count(trial, side, { failed: false, ms: performance.now() - startedAt });
      return answer;
    } catch (thrown) {
      if (FAULTS.includes(toAppError(thrown).code)) {
        board.count(trial, side, { failed: true, ms: performance.now() - startedAt });
      }
      throw thrown;
    }
  };

  /** Holds the version until it has answered. */
  const onTrial = async <A>(trial: ActiveTrial, run: (served: ServedModel) => Promise<A>): Promise<A> => {
    const release = trial.served.acquire();
    try {
      return await timed(trial, 'trial', () => run(trial.served));
    } finally {
      release();
    }
  };

  const copy = async <A>(
    trial: ActiveTrial,
    { run, bestOf, onDisagreement }: BesideRequest<A>,
    answer: A,
  ): Promise<void> => {
    if (copies >= maxCopies || random() * 100 >= trial.percent) return;
    copies += 1;
    try {
      const agrees = bestOf(await onTrial(trial, run)) === bestOf(answer);
      board.compare(trial, agrees);
      if (!agrees) onDisagreement?.(answer);
    } catch {
      // It is counted, and nobody waits for it.
    } finally {
      copies -= 1;
    }
  };

  return {
    answer: async <A>(request: BesideRequest<A>) => {
      const { champion, key, run, fits = () => true } = request;
      const trial = board.of(champion.model);
      if (trial === null || !fits(trial.served)) return { answer: await run(champion), served: champion };
      const canary = trial.role === 'canary' ? board.canaryFor(champion.model, key()) : null;
      if (canary !== null) {
        try {
          return { answer: await onTrial(canary, run), served: canary.served };
        } catch (thrown) {
          if (!MENDABLE.includes(toAppError(thrown).code)) throw thrown;
        }
        return { answer: await run(champion), served: champion };
      }
      const answer = await timed(trial, 'champion', () => run(champion));
      if (trial.role === 'shadow') void copy(trial, request, answer);
      return { answer, served: champion };
    },
  };
};

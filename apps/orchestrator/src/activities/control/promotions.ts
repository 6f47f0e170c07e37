/** The steps of a promotion, and the waiting on replicas between them. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  isAdopted,
  pipelineRolloutSchema,
  type ControlActivities,
  type PipelineVersion,
  type Promotion,
  type Replica,
} from '@graft/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { whileBeating, type ActivityScope } from '@graft/platform/temporal';
import type { ControlDependencies } from './dependencies.js';

type PromotionActivities = Pick<
  ControlActivities,
  'readPromotion' | 'preparePromotion' | 'awaitPrepared' | 'commitPromotion' | 'awaitSwapped' | 'failPromotion'
>;

const inputSchema = z.object({ promotionId: z.string().min(1) });
const failInputSchema = inputSchema.extend({ error: z.object({ code: z.string(), message: z.string() }) });

/** How long replicas may take to swap before the waiting ends: nothing is undone, and whoever looks again waits again. */
const SWAP_TIMEOUT_MS = 10 * 60 * 1000;

/** A timeout of ours is an answer for a person; tried again it would only wait as long once more. */
const timedOut = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'timeout');

const listOf = (replicas: readonly Replica[]): string => replicas.map(({ id }) => id).join(', ');

/** Prepared by enough? Null: not yet. Throws where it can't come to be. */
export const judgePrepared = (
  { id: promotionId, version, variant, environment }: Pick<Promotion, 'id' | 'version' | 'variant' | 'environment'>,
  live: readonly Replica[],
  quorum: number,
): { prepared: number; needed: number; done: boolean } => {
  const answers = live.map(({ id, prepared }) => ({
    id,
    answer: prepared.find((each) => each.promotionId === promotionId),
  }));
  const prepared = answers.filter(({ answer }) => answer?.ok === true).length;
  const failed = answers.filter(({ answer }) => answer?.ok === false);
  const needed = Math.max(1, Math.ceil(live.length * quorum - 1e-9));
  if (live.length > 0 && live.length - failed.length < needed) {
    const causes = failed.map(({ id, answer }) => `${id}: ${answer?.error ?? 'no cause given'}`).join('; ');
    throw new AppError('refused', `version ${version} (${variant}) can't be prepared in ${environment}: ${causes}`);
  }
  return { prepared, needed, done: live.length > 0 && prepared >= needed };
};

/** Whether a replica serves what the promotion committed, or something newer. */
export const hasSwapped = (
  replica: Replica,
  { model, epoch, generation }: { model: string; epoch: number; generation: number },
): boolean =>
  replica.serving.some(
    (each) => each.model === model && (each.epoch > epoch || (each.epoch === epoch && each.generation >= generation)),
  );

export const createPromotionActivities = (dependencies: ControlDependencies): PromotionActivities => {
  const { registry, logger, scope, now, pollMs } = dependencies;

  /** Looks again and again until `look` says it is done, or throws. */
  const poll = (activity: ActivityScope, look: () => Promise<boolean>): Promise<void> =>
    whileBeating(activity, async () => {
      while (!(await look())) await sleep(pollMs, undefined, { signal: activity.signal });
    });

  /** As the version's pipeline says now: a changed policy takes effect without a new training. */
  const readRollout = async ({ model, version }: Promotion): Promise<PipelineVersion['pipeline']['rollout']> => {
    const { lineage } = await registry.getModelVersion(model, version);
    // What was adopted has no pipeline: the usual policy is its own.
    if (isAdopted(lineage)) return pipelineRolloutSchema.parse({});
    return (await registry.getPipeline(lineage.pipeline)).pipeline.rollout;
  };

  return {
    readPromotion: async (input) => {
      const { state, generation } = await registry.getPromotion(inputSchema.parse(input).promotionId);
      return { state, generation };
    },

    preparePromotion: async (input) => {
      const promotion = await registry.preparePromotion(inputSchema.parse(input).promotionId);
      logger.info(
        { promotionId: promotion.id, model: promotion.model, version: promotion.version, variant: promotion.variant },
        'promotion preparing',
      );
    },

    awaitPrepared: async (input) => {
      const activity = scope();
      const promotion = await registry.getPromotion(inputSchema.parse(input).promotionId);
      const { environment } = promotion;
      const { quorum, prepareTimeoutSeconds } = await readRollout(promotion);
      const deadlineMs = activity.scheduledMs + prepareTimeoutSeconds * 1000;
      await poll(activity, async () => {
        const live = await registry.listReplicas({ environment, live: true });
        const { prepared, needed, done } = judgePrepared(promotion, live, quorum);
        if (!done && now().getTime() > deadlineMs) {
          throw timedOut(
            live.length === 0
              ? `no live replica in ${environment} within ${prepareTimeoutSeconds} s: start serving with GRAFT_ENVIRONMENT=${environment}, then promote again`
              : `${prepared} of ${live.length} live replicas prepared version ${promotion.version} (${promotion.variant}) within ${prepareTimeoutSeconds} s, ${needed} are needed`,
          );
        }
        return done;
      });
    },

    commitPromotion: async (input) => {
      const promotion = await registry.commitPromotion(inputSchema.parse(input).promotionId);
      const { id, model, version, variant, environment, generation } = promotion;
      if (generation === null) throw new AppError('internal', `promotion ${id} was committed without a generation`);
      logger.info({ promotionId: id, model, version, variant, environment, generation }, 'promotion committed');
      return { generation };
    },

    awaitSwapped: async (input) => {
      const activity = scope();
      const { id, model, environment, generation } = await registry.getPromotion(inputSchema.parse(input).promotionId);
      if (generation === null) throw new AppError('conflict', `promotion ${id} was not committed`);
      const deadlineMs = activity.scheduledMs + SWAP_TIMEOUT_MS;
      await poll(activity, async () => {
        const live = await registry.listReplicas({ environment, live: true });
        const deployment = await registry.getDeployment(model, environment);
        const epoch = deployment?.epoch ?? 1;
        const behind = live.filter((replica) => !hasSwapped(replica, { model, epoch, generation }));
        if (behind.length > 0 && now().getTime() > deadlineMs) {
          throw timedOut(`not yet serving generation ${generation} of ${model} in ${environment}: ${listOf(behind)}`);
        }
        return behind.length === 0;
      });
      await registry.finishPromotion(id);
      logger.info({ promotionId: id, model, environment, generation }, 'promotion swapped');
    },

    failPromotion: async (input) => {
      const { promotionId, error } = failInputSchema.parse(input);
      await registry.failPromotion(promotionId, error);
      logger.warn({ promotionId, code: error.code, detail: error.message }, 'promotion failed');
    },
  };
};

/**
 * Narrows what a training ended with, and plans the training that makes up for it. The same input gives the same plan, since
 * which channels go depends on the weights alone.
 */
import { writeDocument } from '@graft/artifacts';
import { planPruningInputSchema, trainingPlanSchema, type TrainActivities } from '@graft/contracts';
import { describeNetwork, planRecovery, pruneNetwork, wholeTrainedNetwork, writeTrainedWeights } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { embedderWeights } from '../embed/embedder-weights.js';
import { reportStage } from '../stage-reporter.js';
import { readTrained } from '../train/read-trained.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'bucket' | 'cacheDir'>;

/** @throws AppError `invalid_request` where so much can't go, with what can; and as `readTrained` does. */
export const createPlanPruning =
  (dependencies: Dependencies): TrainActivities['planPruning'] =>
  (input) => {
    const { runId, macsShare, ...source } = planPruningInputSchema.parse(input);
    const { registry, blobs, logger, scope } = dependencies;
    return whileBeating(scope(), () =>
      reportStage({ registry, logger, runId, stage: 'prune' }, async () => {
        const { plan, labels, network } = await readTrained(blobs, source);
        const frozen = plan.learnsFromActivations
          ? (await embedderWeights(plan, describeNetwork(plan.backbone), dependencies)).checkpoint
          : null;
        const whole = wholeTrainedNetwork({ plan, classes: labels.length, trained: network.weights, frozen });
        const pruned = pruneNetwork({ ...whole, macsShare });
        const weights = await blobs.put(
          writeTrainedWeights({ ...pruned, metadata: { plan: source.plan, trained: source.trained } }),
          { mediaType: 'application/vnd.safetensors' },
        );
        const channels = Object.fromEntries(pruned.channels);
        const recovery = planRecovery(plan, { weights, channels, macsShare: pruned.macsShare }, pruned.graph);
        return {
          result: { plan: await writeDocument(blobs, trainingPlanSchema, recovery) },
          data: {
            asked: macsShare,
            macsShare: pruned.macsShare,
            parameters: recovery.trainedParameters,
            parametersBefore: plan.trainedParameters + plan.frozenParameters,
            narrowed: pruned.channels.size,
          },
          message: recovery.reasons.join('\n'),
        };
      }),
    );
  };

/**
 * Makes one ONNX model of what is frozen and what was trained, compares it with what the trained form answered to images that
 * it did not learn from, and records golden outputs. The same weights give the same bytes.
 */
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  exportModelInputSchema,
  signatureSchema,
  type Digest,
  type History,
  type TrainActivities,
} from '@graft/contracts';
import { whileBeating } from '@graft/platform/temporal';
import { runtimeOf, type TrainerDependencies } from '../dependencies.js';
import { readEmbedder } from '../embed/complete-features.js';
import { reportStage } from '../stage-reporter.js';
import { largestDifference, requireSameForm } from './compare-forms.js';
import { exportOnnx } from './export-onnx.js';
import { formOutputs } from './form-outputs.js';
import { keepForm } from './keep-form.js';
import { readTrained } from './read-trained.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

/** @throws AppError `dataset_unfit` when the training could compare nothing. */
const comparedImages = ({ comparison }: History): Digest[] => {
  if (comparison.length > 0) return comparison.map(({ sha256 }) => sha256);
  throw new AppError(
    'dataset_unfit',
    'the dataset version has no image in val or test to compare the exported model on; land more images',
  );
};

/** @throws AppError `refused` when the exported form answers otherwise than the trained one, and as `readTrained` does. */
export const createExportModel =
  (dependencies: Dependencies): TrainActivities['exportModel'] =>
  (input) => {
    const {
      runId,
      model,
      history: historyDigest,
      trained: trainedDigest,
      variant,
      ...identity
    } = exportModelInputSchema.parse(input);
    const { registry, blobs, logger, machine } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'export' }, async () => {
        const embedder = await readEmbedder(blobs, identity.embedder);
        const trained = await readTrained(blobs, { ...identity, trained: trainedDigest, history: historyDigest });
        const { history, labels, tensorflow } = trained;
        const images = comparedImages(history);
        const onnx = await exportOnnx(trained, {
          embedder,
          blobs,
          metadata: { model, backbone: embedder.backbone, trained: trainedDigest, ...identity },
        });
        const { preprocessing } = embedder;
        const outputs = await formOutputs(onnx, { images, blobs, preprocessing, signal });
        const difference = requireSameForm(
          outputs.map(({ sha256, logits }, index) => ({
            sha256,
            difference: largestDifference(history.comparison[index]?.logits ?? [], logits),
          })),
        );

        const form = await keepForm(dependencies, { onnx, variant, outputs });
        const size = preprocessing.inputSize;
        const outputOf = (name: string) => ({ name, shape: [-1, labels.length], datatype: 'FP32' as const });
        const signature = await writeDocument(blobs, signatureSchema, {
          input: { name: 'input', shape: [-1, 3, size, size], datatype: 'FP32' },
          outputs: [outputOf('logits'), outputOf('probabilities')],
          labels: [...labels],
          preprocessing,
        });
        return {
          result: {
            ...form,
            signature,
            runtime: runtimeOf(machine, tensorflow),
          },
          data: { bytes: onnx.byteLength, compared: outputs.length, largestDifference: difference },
        };
      }),
    );
  };

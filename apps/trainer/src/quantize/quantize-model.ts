/**
 * Makes the form in eight bits of an exported model: calibrated on training images, with golden outputs of its own. The same
 * model, images and kind of machine give the same bytes.
 */
import { readDocument } from '@graft/artifacts';
import { quantizeModelInputSchema, signatureSchema, type TrainActivities } from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';
import { chooseImages } from '../train/comparison-images.js';
import { formOutputs } from '../train/form-outputs.js';
import { keepForm } from '../train/keep-form.js';
import { quantizeOnImages } from './quantize-on-images.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

/** Of its logits, relative to their size: beyond this a person should look before the evaluation's verdict is believed. */
const LARGE_ERROR = 0.3;

/** @throws AppError naming the image that can't be read; `corrupt` for a model that is damaged. */
export const createQuantizeModel =
  (dependencies: Dependencies): TrainActivities['quantizeModel'] =>
  (input) => {
    const { runId, model, signature: signatureDigest, datasetVersion, variant } = quantizeModelInputSchema.parse(input);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'quantize' }, async (reporter) => {
        const { preprocessing } = await readDocument(blobs, signatureSchema, signatureDigest);
        const { images } = await readDatasetVersion(blobs, datasetVersion);
        const { onnx, facts } = await quantizeOnImages(await blobs.get(model.digest), {
          ...{ images, preprocessing, dependencies, reporter, signal },
        });
        if (facts.error > LARGE_ERROR)
          await reporter.warning(
            `${variant} answers training images ${facts.error.toFixed(2)} off (relative to the logits of ${model.variant}): its weights bear eight bits badly`,
          );
        const outputs = await formOutputs(onnx, { images: chooseImages(images), blobs, preprocessing, signal });
        const form = await keepForm(dependencies, { onnx, variant, outputs });
        return { result: { ...form, signature: signatureDigest }, data: { variant, from: model.variant, ...facts } };
      }),
    );
  };

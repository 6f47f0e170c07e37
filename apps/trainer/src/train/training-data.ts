/** Features and class indices of the splits that training reads. */
import { AppError, type DatasetRoot, type FeatureSource, type ManifestImage, type Split } from '@graft/contracts';
import { imagesOfSplit } from '../dataset-images.js';

export interface LabelledFeatures {
  /** Row-major float32 [images, featureLength]. */
  readonly features: Float32Array;
  /** Index into the dataset's labels. */
  readonly labels: Int32Array;
}

/** In ascending order of image digest, so that the same version gives the same rows. */
export const labelledFeatures = async (options: {
  readonly root: Pick<DatasetRoot, 'labels'>;
  readonly images: readonly ManifestImage[];
  readonly split: Split;
  readonly source: FeatureSource;
}): Promise<LabelledFeatures> => {
  const { root, images, split, source } = options;
  const indexOf = new Map(root.labels.map((label, index) => [label, index]));
  const chosen = imagesOfSplit(images, split);
  const labels = Int32Array.from(chosen, ({ label, sha256 }) => {
    const index = indexOf.get(label);
    if (index !== undefined) return index;
    throw new AppError('internal', `image ${sha256} has the label "${label}", which its dataset version does not list`);
  });
  if (chosen.length === 0) return { features: new Float32Array(0), labels };
  const { values } = await source.features(chosen.map(({ sha256 }) => sha256));
  return { features: values, labels };
};

/** What is told of a dataset that has no image to test on: its runs fail, and no share mends what was fixed as train. */
import type { ObjectStore } from '@graft/artifacts';
import type { DatasetVersion } from '@graft/contracts';

/**
 * Whether a dataset has test images, or something landed in it that may come to some: whatever lies in no train folder.
 * @param version the latest; null where there is none
 * @param landing null where there are no keys to the object store
 * @returns null where it can't be known
 */
export const mayHaveTest = async ({
  dataset,
  version,
  landing,
}: {
  dataset: string;
  version: Pick<DatasetVersion, 'bySplit'> | null;
  landing: Pick<ObjectStore, 'list'> | null;
}): Promise<boolean | null> => {
  if (version !== null && version.bySplit.test > 0) return true;
  if (landing === null) return null;
  for await (const { key } of landing.list(`${dataset}/`)) if (!key.startsWith(`${dataset}/train/`)) return true;
  return false;
};

/** What a landing comes to that fixes everything as train; null where something else may be tested on. */
export const tellTrainAlone = (dataset: string, hasTest: boolean | null): string | null => {
  if (hasTest === true) return null;
  const lacking =
    hasTest === false
      ? `dataset ${dataset} has no test image: its runs fail`
      : `unless dataset ${dataset} has test images already, its runs fail`;
  return (
    `everything here is fixed as train, and ${lacking}, as nothing could be evaluated. --test-share divides only what no folder or manifest fixes: ` +
    `land other images under test/ as well, or all of these without the folder train/ in a new dataset (an image keeps the split that it is first seen with)`
  );
};

/**
 * The same of a version that was made; null where it has a test split, or no image.
 * @param fixedTrain images that their uploaders fixed as train
 */
export const tellNoTest = (
  { dataset, images, bySplit }: Pick<DatasetVersion, 'dataset' | 'images' | 'bySplit'>,
  fixedTrain: number,
): string | null => {
  if (bySplit.test > 0 || images === 0) return null;
  const why =
    fixedTrain === images
      ? 'uploaders fixed them all as train, which --test-share leaves as it is'
      : 'too few are left to the shares';
  return `no image is in the test split, so runs fail, as nothing could be evaluated: ${why}. Land more images under ${dataset}/test/<label>/, or without a split`;
};

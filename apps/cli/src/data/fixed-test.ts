/** Whether an uploader has fixed a test split for a dataset: where none has, its val folders are its test split. */
import type { ObjectStore } from '@graft/artifacts';
import { AppError, type BlobStore, type Dataset } from '@graft/contracts';
import { countFixedSplits, parseLandingKey, readDatasetVersion, type FixedSplitCounts } from '@graft/data';
import { count } from '../output.js';

const liesInTest = (key: string): boolean => {
  try {
    return parseLandingKey(key).split === 'test';
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'image_unfit') return false;
    throw thrown;
  }
};

/**
 * Looks for a test folder in the landing zone, then through the latest version.
 * @param landing, blobs null where there are no keys to the object store
 * @returns null where it can't be known
 */
export const hasFixedTest = async ({
  dataset: { name, latestVersion },
  landing,
  blobs,
}: {
  dataset: Pick<Dataset, 'name' | 'latestVersion'>;
  landing: Pick<ObjectStore, 'list'> | null;
  blobs: BlobStore | null;
}): Promise<boolean | null> => {
  if (landing === null || blobs === null) return null;
  for await (const { key } of landing.list(`${name}/test/`)) if (liesInTest(key)) return true;
  if (latestVersion === null) return false;
  return countFixedSplits((await readDatasetVersion(blobs, latestVersion)).images).test > 0;
};

/** What a landing with a val folder and no test folder comes to; null where val is val. */
export const tellValAsTest = (dataset: string, fixedTest: boolean | null): string | null => {
  if (fixedTest === true) return null;
  return fixedTest === false
    ? `val is the test split of dataset ${dataset}, as nobody has fixed a test; a val is carved from train`
    : `if nobody has fixed a test for dataset ${dataset}, val is its test split, and a val is carved from train`;
};

/** The same of a version that was made; null where its uploaders' val is val. */
export const tellFixedSplits = ({ valAsTest, trainAsVal, test }: FixedSplitCounts): string | null => {
  if (valAsTest === 0) return null;
  return test === 0
    ? `val/ is the test split here: ${count(valAsTest, 'image')}, as no uploader fixed a test; val was carved from train (${count(trainAsVal, 'image')})`
    : `${count(valAsTest, 'image')} of val/ ${valAsTest === 1 ? 'is' : 'are'} test: seen before an uploader fixed a test, and splits never change`;
};

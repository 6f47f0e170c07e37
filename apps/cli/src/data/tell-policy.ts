/** When what lands in a dataset becomes a version, as a person would tell it. */
import type { Dataset } from '@graft/contracts';
import { count } from '../output.js';

/** "dataset x: a version is made after 10 quiet seconds, 900 at most, of 1 new image and 1 image a label at least". */
export const tellPolicy = ({ name, policy }: Pick<Dataset, 'name' | 'policy'>): string => {
  const { quietSeconds, maxWaitSeconds, minNewImages, minPerLabel } = policy;
  const most = maxWaitSeconds === null ? 'however long that takes' : `${maxWaitSeconds} at most`;
  const least = `${count(minNewImages, 'new image')} and ${count(minPerLabel, 'image')} a label at least`;
  return `dataset ${name}: a version is made after ${count(quietSeconds, 'quiet second')}, ${most}, of ${least}`;
};

/**
 * Which split an image falls into, from the hash of its group: the same group always lands in the same split, on any
 * machine and in any order of arrival. The shares are of groups, so a small dataset strays from them.
 */
import { createHash } from 'node:crypto';
import type { DatasetPolicy, Digest, Split } from '@graft/contracts';

export type SplitShares = Pick<DatasetPolicy, 'testShare' | 'valShare'>;

interface Grouped {
  readonly group: string | null;
  readonly pixelSha256: Digest;
}

/** What decides an image's split: its group, or its pixels where it has none. */
export const groupKeyOf = ({ group, pixelSha256 }: Grouped): string => group ?? pixelSha256;

/** Where a group lies in [0, 1): the first 64 bits of its sha256, as a fraction. */
export const positionOf = (groupKey: string): number =>
  Number(createHash('sha256').update(groupKey, 'utf8').digest().readBigUInt64BE(0) >> 11n) / 2 ** 53;

/** Test takes the first share, val the next, train the rest. */
export const chooseSplit = (image: Grouped, { testShare, valShare }: SplitShares): Split => {
  const position = positionOf(groupKeyOf(image));
  if (position < testShare) return 'test';
  return position < testShare + valShare ? 'val' : 'train';
};

/** The split of an image whose uploader fixed `train` and no val: val's share of it is carved out for early stopping. */
export const carveVal = (image: Grouped, { valShare }: SplitShares): Split =>
  positionOf(groupKeyOf(image)) < valShare ? 'val' : 'train';

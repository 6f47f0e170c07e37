/** Numbers of a selection, as a person reads them. */
import type { Interval } from '@graft/contracts';

/** 0.9512 → "95.1%". */
export const formatShare = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** "95.1% (91.6% to 97.2%)". */
export const formatAccuracy = ({ value, lower, upper }: Interval): string =>
  `${formatShare(value)} (${formatShare(lower)} to ${formatShare(upper)})`;

/** A difference of accuracies, −0.012 → "1.2 points". */
export const formatPoints = (difference: number): string => `${(100 * Math.abs(difference)).toFixed(1)} points`;

/** "8.21 ms", "41.3 ms", "530 ms". */
export const formatMs = (ms: number): string => `${ms.toPrecision(3).replace(/e.*/, '')} ms`;

/** Millions of bytes: "13.6 MB". */
export const formatBytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 100e6 ? 1 : 0)} MB`;

/** "0.03", "under 0.001". */
export const formatP = (p: number): string => (p < 0.001 ? 'under 0.001' : p.toPrecision(2));

/** 4233000 → "4.2 million". */
export const formatMillions = (value: number): string => `${(value / 1e6).toFixed(1)} million`;

export const formatImages = (images: number): string => `${images} ${images === 1 ? 'image' : 'images'}`;

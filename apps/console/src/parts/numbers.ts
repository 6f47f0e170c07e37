/** Numbers as people read them, everywhere alike. */
import type { Interval } from '@graft/contracts';

/** "93.5%". */
export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
/** "93.5% [89.1, 96.2]". */
export const withInterval = ({ value, lower, upper }: Interval): string =>
  `${percent(value)} [${(lower * 100).toFixed(1)}, ${(upper * 100).toFixed(1)}]`;
/** "1 image", "2 images". */
export const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
/** "45 s", "3 min", "2 h": rounded up, as what is still to come is told. */
export const duration = (seconds: number): string =>
  seconds < 120
    ? `${Math.ceil(seconds)} s`
    : seconds < 7200
      ? `${Math.ceil(seconds / 60)} min`
      : `${Math.ceil(seconds / 3600)} h`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

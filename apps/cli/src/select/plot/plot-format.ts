/** What a plot is written as, by its file's name. */
import { extname } from 'node:path';
import { AppError } from '@graft/contracts';

export type PlotFormat = 'svg' | 'png';

/** @throws AppError `usage` for another ending than .svg or .png. */
export const plotFormatOf = (path: string): PlotFormat => {
  const ending = extname(path).toLowerCase();
  if (ending === '.svg') return 'svg';
  if (ending === '.png') return 'png';
  throw new AppError('usage', `a plot is written as .svg or .png, got "${path}"`);
};

/** Reading what people type. */
import { AppError } from '@graft/contracts';

/**
 * A version number, `3` or `v3`.
 * @throws AppError `usage`.
 */
export const parseVersion = (text: string): number => {
  const match = /^v?([1-9]\d{0,8})$/.exec(text);
  if (match?.[1] === undefined) throw new AppError('usage', `expected a version number such as 3, got "${text}"`);
  return Number(match[1]);
};

/** The AppError that something throws, for a test to look at. */
import { AppError } from '@graft/contracts';

export const thrownBy = async (action: () => unknown): Promise<AppError> => {
  try {
    await action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('expected an AppError, nothing was thrown');
};

import { AppError } from '@graft/contracts';

/** The error that a call ends in. @throws what is no AppError, and where the call succeeded. */
export const failure = async (call: Promise<unknown>): Promise<AppError> => {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('the call succeeded');
};

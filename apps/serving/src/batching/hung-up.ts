import { AppError } from '@graft/contracts';

/** What a request ends with whose client is gone. Nobody reads it; it is counted as the client's doing, not as a fault of ours. */
export const hungUp = (): AppError => new AppError('invalid_request', 'the client hung up before its answer');

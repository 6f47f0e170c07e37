import { AppError } from '@graft/contracts';
import type { Transaction } from '../db/database.js';

/** Held to the end of the transaction: a backup that begins meanwhile sees what it wrote. @throws AppError `conflict` */
export const checkNoBackup = async (tx: Transaction): Promise<void> => {
  if (await tx.storage.lockObjects()) return;
  throw new AppError(
    'conflict',
    'a backup is being made, which copies objects that would go: try again once it is done',
  );
};

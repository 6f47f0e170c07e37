import type { Transaction } from '../db/database.js';
import { DEFAULT_ENVIRONMENT } from '../rules/default-environment.js';

/**
 * Takes a model with its ledgers, in the order in which everybody takes them: until the transaction ends nothing of it is
 * registered, decided, promoted or rolled back.
 * @returns the environments whose ledgers were taken
 */
export const lockModel = async (tx: Transaction, name: string): Promise<string[]> => {
  const environments = [...new Set([DEFAULT_ENVIRONMENT, ...(await tx.catalogue.environments(name))])].sort();
  for (const environment of environments) await tx.ledger.lock(name, environment);
  await tx.models.lock(name);
  return environments;
};

import { AppError } from '@graft/contracts';
import { isBackbone, type NetworkDescription } from './backbone.js';

/**
 * Where a network's weights are: as somebody says, else as the catalog does. The catalog's digest vouches for the catalog's own
 * weights; a reference that a person gave stands for itself.
 * @throws AppError `not_found` when neither says it.
 */
export const weightsOf = (
  network: NetworkDescription,
  given: string | undefined,
): { readonly reference: string; readonly expectedDigest: string | null } => {
  if (given !== undefined) return { reference: given, expectedDigest: null };
  if (isBackbone(network)) return { reference: network.weights, expectedDigest: network.weightsDigest };
  throw new AppError('not_found', `the catalog has no weights of ${network.name}; say where some are`);
};

import { AppError } from '@graft/contracts';
import { parseWeightsReference } from '../weights/weights-reference.js';

/**
 * Whether a reference can be resolved by whoever comes across it, wherever that runs.
 * @throws AppError `invalid_request` for another form, for a web address without its sha256, and for a relative path.
 */
export const checkWeightsReference = (reference: string): void => {
  const parsed = parseWeightsReference(reference);
  if (parsed.kind === 'url' && parsed.sha256 === null)
    throw new AppError(
      'invalid_request',
      `${reference}: say which file is expected: #sha256=<64 hexadecimal digits> after the address`,
    );
  if (parsed.kind === 'file' && !parsed.path.startsWith('/'))
    throw new AppError(
      'invalid_request',
      `${reference}: a relative path means another file to each trainer; write it in full`,
    );
};

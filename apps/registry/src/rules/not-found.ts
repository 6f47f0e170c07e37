/** Errors that say what was asked for and what there is. */
import { AppError } from '@graft/contracts';

const MOST = 20;

const listed = (names: readonly string[]): string =>
  names.slice(0, MOST).join(', ') + (names.length > MOST ? ` and ${names.length - MOST} more` : '');

/** "no model flower; there are: flowers, emoji". */
export const noSuch = (kind: string, asked: string, existing?: readonly string[]): AppError => {
  const none = `; there is none yet${kind === 'dataset' ? `: ./graft data create ${asked} makes it` : ''}`;
  const rest = existing === undefined ? '' : existing.length === 0 ? none : `; there are: ${listed(existing)}`;
  return new AppError('not_found', `no ${kind} ${asked}${rest}`, {
    details: { kind, asked, ...(existing === undefined ? {} : { existing: existing.slice(0, MOST) }) },
  });
};

/** "no version 7 of flowers; its latest is 3". */
export const noSuchVersion = (model: string, version: number, latest: number): AppError =>
  new AppError(
    'not_found',
    `no version ${version} of ${model}; ${latest === 0 ? 'it has none yet' : `its latest is ${latest}`}`,
    { details: { kind: 'version', model, version, latest } },
  );

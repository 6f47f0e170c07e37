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

/** "no version 7 of flowers; its latest is 3"; of a number that was given out to another client, that it was. */
export const noSuchVersion = (model: string, version: number, latest: number): AppError =>
  new AppError(
    'not_found',
    version <= latest
      ? `version ${version} of ${model} is not kept here: a client registered it through MLflow's API (docs/mlflow.md), and it is served once ` +
          `adopted (./graft adopt FILE --model ${model} --external-version ${version}); or it was deleted`
      : `no version ${version} of ${model}; ${latest === 0 ? 'it has none yet' : `its latest is ${latest}`}`,
    { details: { kind: 'version', model, version, latest } },
  );

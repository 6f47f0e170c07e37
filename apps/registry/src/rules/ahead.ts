/** Replicas that serve what the ledger knows nothing of: the database is older than what was decided. Pure. */
import { AppError, isNewer, type Ahead, type Position, type Replica } from '@graft/contracts';

interface Head extends Position {
  readonly model: string;
  readonly environment: string;
}

export const findAhead = (replicas: readonly Replica[], heads: readonly Head[]): Ahead[] =>
  replicas
    .filter(({ live }) => live)
    .flatMap(({ id, environment, serving }) =>
      serving.flatMap(({ model, epoch, generation, version }): Ahead[] => {
        const head = heads.find((one) => one.model === model && one.environment === environment) ?? null;
        if (!isNewer({ epoch, generation }, head)) return [];
        const ledger = head === null ? null : { epoch: head.epoch, generation: head.generation };
        return [{ replica: id, model, environment, serves: { epoch, generation, version }, ledger }];
      }),
    );

/**
 * What is decided now would have the number of something that was decided before, and replicas would not take it for news.
 * @throws AppError `refused`, with the way out.
 */
export const checkNotAhead = (ahead: readonly Ahead[]): void => {
  const [one] = ahead;
  if (one === undefined) return;
  const { replica, model, environment, serves, ledger } = one;
  throw new AppError(
    'refused',
    `replica ${replica} serves generation ${serves.generation} of ${model} (version ${serves.version}) in ${environment}, and the ledger ` +
      `${ledger === null ? 'has no row of it' : `ends at generation ${ledger.generation}`}: was the database restored from a backup? ` +
      'An admin begins a new epoch first (./graft epoch raise --reason "…"); replicas then serve what the ledger says',
    { details: { ...one } },
  );
};

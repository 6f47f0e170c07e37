import {
  AppError,
  canonicalJson,
  isAdopted,
  servesMadeError,
  type ModelVersion,
  type newAdoptionSchema,
} from '@graft/contracts';
import type { z } from 'zod';
import type { Database, Transaction } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import { checkVariants, servableOf } from '../rules/servable.js';
import { reviewSubject } from './subjects.js';

type Adoption = z.output<typeof newAdoptionSchema>;

/** The version that this very artifact became already, under the number that is asked for. */
const findAdopted = async (
  tx: Transaction,
  model: string,
  { number, ...adoption }: Adoption,
): Promise<ModelVersion | undefined> => {
  const { artifactDigest } = servableOf({ ...adoption, version: number ?? 1 });
  const there = (await tx.models.listAdopted(model)).filter(
    (version) => servableOf(version).artifactDigest === artifactDigest,
  );
  return there.find(({ version }) => number === undefined || version === number);
};

/** @throws AppError `conflict` for the same artifact, adopted to be fed or read in another way: what is registered never changes */
const checkSameReading = (there: ModelVersion, { signature, lineage }: Adoption): void => {
  const differences = (
    [
      ['its preprocessing', there.signature.preprocessing, signature.preprocessing],
      ['its labels', there.signature.labels, signature.labels],
      ['the dataset version that it was judged on', there.lineage.datasetVersion, lineage.datasetVersion],
    ] as const
  )
    .filter(([, before, now]) => canonicalJson(before) !== canonicalJson(now))
    .map(([what]) => what);
  if (differences.length === 0) return;
  const { model, version } = there;
  throw new AppError(
    'conflict',
    `this very file is version ${version} of ${model} already, and ${differences.join(' and ')} would be others: a version stays as it was ` +
      'registered; adopt it into another model',
    { details: { model, version, differences } },
  );
};

/**
 * What is adopted is the first that serves, or takes the place of one that was: with its labels in another order, say.
 * @throws AppError `refused`
 */
const checkNothingMadeServes = async (tx: Transaction, model: string, environment: string): Promise<void> => {
  const current = await tx.deployments.get(model, environment);
  if (current === null) return;
  const present = await tx.models.getVersion(model, current.version);
  if (present !== null && isAdopted(present.lineage)) return;
  const { version, generation } = current;
  throw servesMadeError({ model, environment, version, generation });
};

const checkExternal = async (tx: Transaction, model: string, number: number): Promise<void> => {
  if ((await tx.models.getVersion(model, number)) !== null) {
    throw new AppError(
      'conflict',
      `version ${number} of ${model} is kept here already: only an external one is adopted`,
      {
        details: { model, version: number },
      },
    );
  }
  if ((await tx.models.getExternal(model, number)) === null) throw noSuch('external version', `${number} of ${model}`);
};

export const adoptionService = (db: Database) => ({
  /**
   * Registers a version that is approved by who adopts it, on their word and reason; serving it takes a promotion.
   * The same again is the version that is there.
   * @throws AppError `refused` where the environment serves what a run made, `not_found` for an unknown dataset version or
   *   external version, `conflict` where the number is of a version that is kept here, `invalid_request` for artifacts that don't fit
   */
  adoptVersion: (model: string, adoption: Adoption, by: string): Promise<ModelVersion> =>
    db.transaction(async (tx) => {
      const { environment, reason, reportDigest, gateVerdict, number: asked } = adoption;
      await tx.models.ensure(model);
      const row = await tx.models.lock(model);
      const there = await findAdopted(tx, model, adoption);
      if (there !== undefined) {
        checkSameReading(there, adoption);
        return there;
      }
      await checkNothingMadeServes(tx, model, environment);
      const { datasetVersion } = adoption.lineage;
      if ((await tx.datasets.getVersion(datasetVersion)) === null) throw noSuch('dataset version', datasetVersion);
      const number = asked ?? (row?.latestVersion ?? 0) + 1;
      if (asked !== undefined) await checkExternal(tx, model, asked);
      checkVariants({ ...adoption, version: number });
      const source = `sha256:${servableOf({ ...adoption, version: number }).artifactDigest}`;
      const created = { number, state: 'approved' as const, version: adoption, source };
      const version = await (asked === undefined
        ? tx.models.createVersion(model, created)
        : tx.models.adoptEntry(model, created));
      const review = { model, version: number, environment, championGeneration: 0, requiredApprovals: 1 };
      await tx.reviews.open({ ...review, remindEverySeconds: null, expireAfterSeconds: null });
      const decision = { round: 1, by, decision: 'approve' as const, reportDigest, championGeneration: 0, reason };
      await tx.reviews.decide({ model, version: number, ...decision, overrideGate: gateVerdict === 'fail' });
      tx.emit({ kind: 'review', subject: reviewSubject(model, number), environment });
      return version;
    }),
});

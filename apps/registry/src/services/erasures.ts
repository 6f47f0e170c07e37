import { AppError, servingHistory, type Digest, type Erasure, type newErasureSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database, Transaction } from '../db/database.js';
import type { ErasureKey } from '../repositories/erasures.js';
import type { PageAsk } from '../rules/page.js';
import { servableOfEntry } from '../rules/servable.js';
import { checkNoBackup } from './check-no-backup.js';

/** Where an artifact, or its golden outputs, is served or could be gone back to: "version 3 of roses in production". */
const standsIn = async (tx: Transaction, digest: Digest): Promise<string[]> => {
  const places: string[] = [];
  for (const { model, environment } of await tx.deployments.list()) {
    await tx.ledger.lock(model, environment);
    const history = servingHistory((await tx.ledger.list({ model, environment })).reverse());
    const numbers = [...new Set(history.map(({ version }) => version))];
    const versions = await tx.models.findVersions(numbers.map((version) => ({ model, version })));
    for (const [at, entry] of history.entries()) {
      const version = versions.find((one) => one.version === entry.version);
      if (version === undefined) continue;
      const isServed = at === history.length - 1;
      if (!isServed && version.state === 'withdrawn') continue;
      const { artifactDigest, goldenDigest } = servableOfEntry(version, entry);
      if (digest !== artifactDigest && digest !== goldenDigest) continue;
      const what = digest === artifactDigest ? '' : 'the golden outputs of ';
      places.push(
        `${what}version ${entry.version} of ${model}, which ${environment} ${isServed ? 'serves' : 'can go back to'}`,
      );
    }
  }
  return [...new Set(places)];
};

export const erasureService = (db: Database) => ({
  /**
   * The row alone: bytes are removed by whoever has the keys to the object store.
   * @throws AppError `refused` for what is served, or can be gone back to, without force.
   */
  recordErasure: (asked: z.output<typeof newErasureSchema>, by: string): Promise<Erasure> =>
    db.transaction(async (tx) => {
      const { digest, reason, referrers, force } = asked;
      const there = await tx.erasures.get(digest);
      if (there !== null) return there;
      await checkNoBackup(tx);
      const places = await standsIn(tx, digest);
      if (places.length > 0 && !force) {
        throw new AppError(
          'refused',
          `object ${digest} is ${places.join('; ')}: promote another version first, or --force, after which a replica that ` +
            'starts anew can not load it',
          { details: { digest, places } },
        );
      }
      return tx.erasures.create({ digest, reason, referrers, by, forced: places.length > 0 });
    }),

  listErasures: (page: PageAsk<ErasureKey>): Promise<Erasure[]> => db.erasures.list(page),
});

/** A database that is put back from a backup, while replicas go on serving what was decided since. */
import type { AppError, Position, Replica } from '@graft/contracts';
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let serving: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  serving = registry.as('serving');
});
afterAll(async () => registry.stop());

const acknowledge = async (model: string, id = 'replica-1'): Promise<Position> => {
  const deployment = await admin.getDeployment(model, 'production');
  if (deployment === null) throw new Error(`${model} is not deployed`);
  const { epoch, generation, target } = deployment;
  const { version, artifactDigest } = target;
  await serving.reportReplica(
    id,
    replicaReport({ leaseSeconds: 300, serving: [{ model, epoch, generation, version, artifactDigest }] }),
  );
  return { epoch, generation };
};

describe('a restored backup', () => {
  it('raises the epoch, and what is served follows the ledger again', async () => {
    const { model, ship, promote } = await createWorkshop(admin, 'peonies');
    await ship();
    await ship();
    await acknowledge(model);
    expect((await admin.getEpoch()).ahead).toEqual([]);
    await registry.backUp();

    // Lost: a third version in two generations, one of which a replica serves.
    await ship();
    expect(await acknowledge(model)).toEqual({ epoch: 1, generation: 3 });
    const [replica] = await admin.listReplicas();
    await registry.restoreBackup();
    const { id, live: _live, renewedAt: _renewed, expiresAt: _expires, ...report } = replica as Replica;
    // The replica says again what it serves.
    expect((await serving.reportReplica(id, report)).epoch).toBe(1);

    const [ahead] = (await admin.getEpoch()).ahead;
    expect(ahead).toEqual({
      ...{ replica: 'replica-1', model, environment: 'production' },
      serves: { epoch: 1, generation: 3, version: 3 },
      ledger: { epoch: 1, generation: 2 },
    });
    // It would be generation 3 a second time, which no replica would take for news.
    const refusals = [await failure(promote(1)), await failure(admin.rollback(model, { reason: 'back' }))];
    for (const { code, message } of refusals) {
      expect(code).toBe('refused');
      expect(message).toContain('graft epoch raise');
    }

    const raised = await admin.raiseEpoch({ expectedEpoch: 1, reason: 'restored from a backup' });
    expect(raised.epoch).toBe(2);
    expect(raised.entries).toEqual([
      expect.objectContaining({ model, epoch: 2, generation: 3, action: 'restore', version: 2, previousVersion: 2 }),
    ]);
    const { epoch, deployments } = await serving.reportReplica(id, report);
    expect(epoch).toBe(2);
    expect(deployments).toEqual([expect.objectContaining({ model, epoch: 2, generation: 3 })]);
    expect(await acknowledge(model)).toEqual({ epoch: 2, generation: 3 });
    expect((await admin.getEpoch()).ahead).toEqual([]);

    // Life goes on: back to what served before the version that the backup ended in, and forth.
    expect(await admin.rollback(model, { reason: 'back' })).toMatchObject({ epoch: 2, generation: 4, version: 1 });
    await acknowledge(model);
    expect(await ship()).toBe(3);
    const ledger = await admin.listLedger(model);
    expect(ledger.map(({ epoch: of, generation, version }) => [of, generation, version])).toEqual([
      [2, 5, 3],
      [2, 4, 1],
      [2, 3, 2],
      [1, 2, 2],
      [1, 1, 1],
    ]);
    expect(() => verifyLedger(ledger)).not.toThrow();
  });

  it('begins an epoch above any that a replica has seen, once for each time that it is asked for', async () => {
    await serving.reportReplica(
      'replica-2',
      replicaReport({
        serving: [{ model: 'lost', epoch: 7, generation: 1, version: 1, artifactDigest: 'a'.repeat(64) }],
      }),
    );
    expect((await admin.getEpoch()).ahead).toContainEqual(
      expect.objectContaining({ replica: 'replica-2', model: 'lost', ledger: null }),
    );
    const { epoch } = await admin.getEpoch();
    const asked = { expectedEpoch: epoch, reason: 'another restore' };
    const both = await Promise.allSettled([admin.raiseEpoch(asked), admin.raiseEpoch(asked)]);
    const [won] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as AppError] : []));
    expect(won?.epoch).toBe(8);
    expect(lost).toMatchObject({ code: 'stale_generation', details: { expectedEpoch: epoch, epoch: 8 } });
  });

  it('calls off what was under way, and lets it be asked for again', async () => {
    const { model, ship, register, approve, promote } = await createWorkshop(admin, 'irises');
    await ship();
    const { version } = await register();
    await approve(version);
    const { id } = await admin.requestPromotion(model, { version, expectedGeneration: 1, reason: 'better' });
    const { epoch } = await admin.getEpoch();
    await admin.raiseEpoch({ expectedEpoch: epoch, reason: 'restored once more' });
    expect(await admin.getPromotion(id)).toMatchObject({ state: 'failed', error: { code: 'stale_generation' } });
    expect(await promote(version)).toMatchObject({ state: 'committed', generation: 3 });
  });

  it('is for admins', async () => {
    const asked = { expectedEpoch: 1, reason: 'I would like to' };
    expect((await failure(registry.as('deployer').raiseEpoch(asked))).code).toBe('forbidden');
  });
});

/** Promotion by stages, from the pipeline's policy to the ledger. */
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, pipelineYaml, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const STAGED = 'rollout: { stages: [staging, production] }\n';

let registry: TestRegistry;
let admin: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
});
afterAll(async () => registry.stop());

describe('a model with stages', () => {
  it('comes to production what is served in staging, and nothing else', async () => {
    const { model, register, approve, promote } = await createWorkshop(admin, 'staged', STAGED);
    await register();
    await approve(1);
    const refused = await failure(promote(1));
    expect(refused).toMatchObject({ code: 'refused', details: { stage: 'staging', environment: 'production' } });
    expect(refused.message).toContain('./graft promote staged 1 --variant fp32 --environment staging');
    expect((await promote(1, 'staging')).state).toBe('committed');
    expect((await promote(1)).state).toBe('committed');
    const { champions } = await admin.getModel(model);
    expect(champions).toMatchObject({ staging: { version: 1 }, production: { version: 1 } });
  });

  it('has each environment’s replicas follow theirs', async () => {
    const { model, register, approve, promote } = await createWorkshop(admin, 'apart', STAGED);
    for (const version of [1, 2]) {
      await register();
      await approve(version);
      await promote(version, 'staging');
      if (version === 1) await promote(version);
    }
    const serving = registry.as('serving');
    const wanted = async (environment: string) =>
      (await serving.reportReplica(`apart-${environment}`, replicaReport({ environment }))).deployments
        .filter((deployment) => deployment.model === model)
        .map(({ target }) => target.version);
    expect(await wanted('staging')).toEqual([2]);
    expect(await wanted('production')).toEqual([1]);
    await serving.removeReplica('apart-staging');
    await serving.removeReplica('apart-production');
  });

  it('can have a stage skipped, for a reason that its ledger keeps', async () => {
    const { model, register, approve } = await createWorkshop(admin, 'urgent', STAGED);
    await register();
    await approve(1);
    const { id, skipStages } = await admin.requestPromotion(model, {
      ...{ version: 1, expectedGeneration: 0, skipStages: true, reason: 'incident 7: staging is down' },
    });
    expect(skipStages).toBe(true);
    await admin.preparePromotion(id);
    await admin.commitPromotion(id);
    const entries = await admin.listLedger(model);
    expect(entries).toMatchObject([{ skippedStage: 'staging', reason: 'incident 7: staging is down' }]);
    expect(() => verifyLedger(entries)).not.toThrow();
  });

  it('does not take what was rolled back in staging since it was asked for', async () => {
    const { model, register, approve, promote } = await createWorkshop(admin, 'taken-back', STAGED);
    for (const version of [1, 2]) {
      await register();
      await approve(version);
      await promote(version, 'staging');
    }
    const { id } = await admin.requestPromotion(model, { version: 2, expectedGeneration: 0, reason: 'now' });
    await admin.preparePromotion(id);
    await admin.rollback(model, { environment: 'staging', reason: 'it is slow' });
    await approve(2);
    expect(await failure(admin.commitPromotion(id))).toMatchObject({ code: 'refused', details: { stage: 'staging' } });
  });

  it('is promoted by its pipeline into the first stage alone', async () => {
    const { model, register } = await createWorkshop(admin, 'by-itself', STAGED);
    expect((await register({ autoPromote: true })).state).toBe('approved');
    const promotions = await admin.listPromotions({ model });
    expect(promotions).toMatchObject([{ environment: 'staging', expectedGeneration: 0, by: 'pipeline' }]);
  });

  it('follows its pipeline as it is now', async () => {
    const { register, approve, promote } = await createWorkshop(admin, 'loosened', STAGED);
    await register();
    await approve(1);
    expect((await failure(promote(1))).code).toBe('refused');
    await admin.applyPipeline(pipelineYaml('loosened'));
    expect((await promote(1)).state).toBe('committed');
  });

  it('needs stages that end where it is for', async () => {
    const yaml = pipelineYaml('wrong', 'rollout: { stages: [production, staging] }\n');
    expect((await failure(admin.applyPipeline(yaml))).code).toBe('invalid_pipeline');
  });
});

/** Versions in several forms, and the embedders that pipelines keep: HTTP adapter → server → PostgreSQL. */
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createWorkshop, digest, inVariants, pipelineYaml, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
});
afterAll(async () => registry.stop());

describe('a version in variants', () => {
  it('keeps what is known of each, and shows what a promotion would serve', async () => {
    const shop = await createWorkshop(admin, 'forms');
    const made = await shop.register(inVariants('forms 1', { int8: 'pass', fp32: 'insufficient' }));
    expect(made).toMatchObject({
      variant: 'int8',
      reportDigest: digest('report forms 1 int8'),
      variants: [
        { variant: 'int8', gateVerdict: 'pass', latencyP50Ms: 5 },
        { variant: 'fp32', gateVerdict: 'insufficient' },
      ],
    });
    expect(await admin.getModelVersion('forms', 1)).toEqual(made);
  });

  it('is refused where one of them has no model, or where the preferred one is not among them', async () => {
    const shop = await createWorkshop(admin, 'unfit-forms');
    const forms = inVariants('unfit', { int8: 'pass', fp32: 'pass' });
    const artifacts = forms.artifacts.filter(({ variant }) => variant !== 'fp32');
    const missing = await failure(shop.register({ ...forms, artifacts }));
    expect(missing).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('variant fp32') });
    const variants = forms.variants.filter(({ variant }) => variant === 'fp32');
    expect(await failure(shop.register({ ...forms, variants }))).toMatchObject({ code: 'invalid_request' });
    expect((await failure(admin.getModel('unfit-forms'))).code).toBe('not_found');
  });
});

describe('promotion of a variant', () => {
  it('serves the one that is preferred, or the one that is named, with its own artifacts and report', async () => {
    const shop = await createWorkshop(admin, 'named');
    await shop.ship(inVariants('named 1', { int8: 'pass', fp32: 'pass', 'pruned60-int8': 'pass' }));
    expect(await admin.getDeployment('named', 'production')).toMatchObject({
      target: {
        version: 1,
        variant: 'int8',
        artifactDigest: digest('model named 1 int8'),
        goldenDigest: digest('golden named 1 int8'),
      },
      previous: null,
    });
    expect((await admin.getModel('named')).champions).toEqual({
      production: { version: 1, variant: 'int8', generation: 1 },
    });
    const asked = { version: 1, variant: 'fp32', expectedGeneration: 1, reason: 'a CPU that does not know int8' };
    const promotion = await admin.requestPromotion('named', asked);
    expect(promotion).toMatchObject({ version: 1, variant: 'fp32', state: 'requested' });
    expect(await admin.requestPromotion('named', asked)).toEqual(promotion);
    expect((await admin.requestPromotion('named', { ...asked, variant: 'pruned60-int8' })).id).not.toBe(promotion.id);
    await admin.preparePromotion(promotion.id);
    const desired = await admin.reportReplica('r1', replicaReport());
    expect(desired.preparations).toMatchObject([
      { target: { version: 1, variant: 'fp32', goldenDigest: digest('golden named 1 fp32') } },
    ]);
    await admin.removeReplica('r1');
    expect(await admin.commitPromotion(promotion.id)).toMatchObject({ state: 'committed', generation: 2 });
    expect(await admin.getDeployment('named', 'production')).toMatchObject({
      target: { version: 1, variant: 'fp32', artifactDigest: digest('model named 1 fp32') },
      previous: { version: 1, variant: 'int8', artifactDigest: digest('model named 1 int8') },
    });
    const ledger = await admin.listLedger('named');
    expect(ledger).toMatchObject([
      {
        action: 'promote',
        version: 1,
        variant: 'fp32',
        previousVersion: 1,
        artifactDigest: digest('model named 1 fp32'),
        reportDigest: digest('report named 1 fp32'),
      },
      { action: 'promote', version: 1, variant: 'int8', previousVersion: null },
    ]);
    verifyLedger(ledger);
    expect((await failure(shop.promote(1, 'production', 'fp32'))).message).toMatch(
      /version 1 \(fp32\) of named .*serves already/,
    );
  });

  it('that the version has not is not found, with those that it has', async () => {
    const shop = await createWorkshop(admin, 'unknown');
    await shop.register(inVariants('unknown 1', { int8: 'pass', fp32: 'pass' }));
    await shop.approve(1);
    const error = await failure(shop.promote(1, 'production', 'pruned60'));
    expect(error).toMatchObject({ code: 'not_found', details: { existing: ['int8', 'fp32'] } });
    expect(error.message).toContain('version 1 of unknown has no variant pruned60; there are: int8, fp32');
    await shop.register();
    await shop.approve(2);
    expect((await failure(shop.promote(2, 'production', 'int8'))).message).toContain('there are: fp32');
    expect((await failure(shop.promote(2, 'production', 'eight'))).code).toBe('invalid_request');
  });

  it('that failed its own gate is refused, unless an approval overrode the gate', async () => {
    const shop = await createWorkshop(admin, 'failing');
    await shop.register(inVariants('failing 1', { fp32: 'pass', int8: 'fail' }));
    await shop.approve(1);
    const error = await failure(shop.promote(1, 'production', 'int8'));
    expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('failed its own gate') });
    await shop.promote(1);

    await shop.register(inVariants('failing 2', { fp32: 'pass', int8: 'fail' }));
    const { reportDigest, championGeneration } = await admin.getReview('failing', 2);
    const decision = { reportDigest, championGeneration, reason: 'fast enough is good enough', overrideGate: true };
    await admin.approve('failing', 2, decision);
    await shop.promote(2, 'production', 'int8');
    expect(await admin.getDeployment('failing', 'production')).toMatchObject({
      target: { version: 2, variant: 'int8' },
    });
  });

  it('by a pipeline is that of the preferred one', async () => {
    const shop = await createWorkshop(admin, 'auto-forms');
    await shop.register({ ...inVariants('auto 1', { int8: 'pass', fp32: 'pass' }), autoPromote: true });
    expect(await admin.listPromotions({ model: 'auto-forms' })).toMatchObject([{ by: 'pipeline', variant: 'int8' }]);
  });
});

describe('rollback with variants', () => {
  it('goes back to the variant before, and withdraws a version only for another', async () => {
    const shop = await createWorkshop(admin, 'undo');
    await shop.ship(inVariants('undo 1', { fp32: 'pass', int8: 'pass' }));
    await shop.ship(inVariants('undo 2', { int8: 'pass', fp32: 'pass' }));
    await shop.promote(2, 'production', 'fp32');
    const back = await admin.rollback('undo', { reason: 'too slow' });
    expect(back).toMatchObject({
      action: 'rollback',
      version: 2,
      variant: 'int8',
      previousVersion: 2,
      artifactDigest: digest('model undo 2 int8'),
      reportDigest: digest('report undo 2 int8'),
    });
    expect((await admin.getModelVersion('undo', 2)).state).toBe('approved');
    expect(await admin.getDeployment('undo', 'production')).toMatchObject({
      generation: 4,
      target: { version: 2, variant: 'int8', goldenDigest: digest('golden undo 2 int8') },
      previous: { version: 2, variant: 'fp32', goldenDigest: digest('golden undo 2 fp32') },
    });
    // It was never left for another version: it needs no new approval.
    await shop.promote(2, 'production', 'fp32');
    await admin.rollback('undo', { reason: 'still too slow' });

    expect(await admin.rollback('undo', { reason: 'wrong' })).toMatchObject({ version: 1, variant: 'fp32' });
    expect((await admin.getModelVersion('undo', 2)).state).toBe('withdrawn');
    expect(await admin.getDeployment('undo', 'production')).toMatchObject({
      target: { version: 1, variant: 'fp32' },
      previous: { version: 2, variant: 'int8' },
    });
    expect((await failure(shop.promote(2))).message).toContain('needs a new approval');
    verifyLedger(await admin.listLedger('undo'));
  });

  it('restores the variant in which a named version stood last', async () => {
    const shop = await createWorkshop(admin, 'undo-to');
    await shop.ship(inVariants('undo-to 1', { fp32: 'pass', int8: 'pass' }));
    await shop.promote(1, 'production', 'int8');
    await shop.ship(inVariants('undo-to 2', { fp32: 'pass' }));
    expect(await admin.rollback('undo-to', { toVersion: 1, reason: 'r' })).toMatchObject({
      version: 1,
      variant: 'int8',
    });
    expect((await admin.getModelVersion('undo-to', 2)).state).toBe('withdrawn');
    expect((await failure(admin.rollback('undo-to', { toVersion: 1, reason: 'r' }))).message).toMatch(
      /version 1 \(int8\) .*serves already.*--variant fp32/,
    );
  });

  it('of rows from before there were variants goes to fp32, and their hashes still hold', async () => {
    const shop = await createWorkshop(admin, 'early');
    await shop.ship();
    // As they were written then: the body names no variant. The chain's trigger hashes what it is given.
    const sql = new pg.Client({ connectionString: registry.databaseUrl });
    await sql.connect();
    await sql.query(`BEGIN;
      SET LOCAL session_replication_role = replica;
      CREATE TEMP TABLE written ON COMMIT DROP AS SELECT * FROM ledger WHERE model = 'early';
      DELETE FROM ledger WHERE model = 'early';
      SET LOCAL session_replication_role = origin;
      INSERT INTO ledger (model, environment, generation, epoch, action, version, body)
        SELECT model, environment, generation, epoch, action, version, replace(body, ',"variant":"fp32"', '') FROM written;
      COMMIT`);
    await sql.end();
    const [first] = await admin.listLedger('early');
    expect(first).not.toHaveProperty('variant');
    expect(await admin.getDeployment('early', 'production')).toMatchObject({
      target: { variant: 'fp32', goldenDigest: digest('golden early 1') },
    });
    await shop.ship(inVariants('early 2', { int8: 'pass' }));
    expect(await admin.rollback('early', { reason: 'r' })).toMatchObject({ version: 1, variant: 'fp32' });
    verifyLedger(await admin.listLedger('early'));
  });
});

describe('the embedders of pipelines', () => {
  const identity = digest('efficientnet, int8');

  it('are kept once: who comes later gets the first one’s', async () => {
    await admin.applyPipeline(pipelineYaml('keeper'));
    const service = registry.as('service');
    expect(await service.findPipelineEmbedder('keeper', identity)).toBeNull();
    const offers = Array.from({ length: 20 }, (_, i) => digest(`embedder ${i}`));
    const kept = await Promise.all(offers.map((one) => service.keepPipelineEmbedder('keeper', identity, one)));
    expect(new Set(kept).size).toBe(1);
    expect(offers).toContain(kept[0]);
    expect(await service.findPipelineEmbedder('keeper', identity)).toBe(kept[0]);
    expect(await service.keepPipelineEmbedder('keeper', identity, digest('late'))).toBe(kept[0]);
  });

  it('are those of one pipeline and one identity', async () => {
    await admin.applyPipeline(pipelineYaml('other-keeper'));
    expect(await admin.findPipelineEmbedder('other-keeper', identity)).toBeNull();
    expect(await admin.keepPipelineEmbedder('other-keeper', identity, digest('mine'))).toBe(digest('mine'));
    expect(await admin.keepPipelineEmbedder('other-keeper', digest('avx2'), digest('yours'))).toBe(digest('yours'));
  });

  it('need a pipeline that there is, and digests', async () => {
    const unknown = await failure(admin.keepPipelineEmbedder('nobody', identity, digest('x')));
    expect(unknown).toMatchObject({ code: 'not_found', message: expect.stringContaining('no pipeline nobody') });
    await admin.applyPipeline(pipelineYaml('strict-keeper'));
    expect((await failure(admin.keepPipelineEmbedder('strict-keeper', 'x', digest('x')))).code).toBe('invalid_request');
    expect((await failure(admin.keepPipelineEmbedder('strict-keeper', identity, 'x'))).code).toBe('invalid_request');
    expect((await failure(registry.as('viewer').keepPipelineEmbedder('keeper', identity, identity))).code).toBe(
      'forbidden',
    );
  });
});

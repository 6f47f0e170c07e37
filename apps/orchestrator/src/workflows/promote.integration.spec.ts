import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, promoteWorkflowId, TASK_QUEUES, WORKFLOW_TYPES } from '@graft/contracts';
import { createFakeActivities, type AllActivities } from '../testing/fake-activities.js';
import { startTimeSkippingServer } from '../testing/test-servers.js';
import { startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

let harness: WorkflowHarness;
let promotions = 0;

beforeAll(async () => {
  harness = await startHarness(startTimeSkippingServer);
});
afterAll(() => harness.close());

const promote = async (overrides: Partial<AllActivities> = {}) => {
  const promotionId = `promotion-${(promotions += 1)}`;
  const fakes = createFakeActivities(overrides);
  harness.use(fakes);
  const outcome = await harness.env.client.workflow
    .execute(WORKFLOW_TYPES.promote, {
      workflowId: promoteWorkflowId(promotionId),
      taskQueue: TASK_QUEUES.control,
      args: [{ promotionId }],
    })
    .catch((error: unknown) => error);
  return { outcome, promotionId, names: fakes.calls.map(({ name }) => name), named: fakes.named };
};

describe('promote', () => {
  it('prepares, commits, and waits for the swap', async () => {
    const { outcome, names } = await promote();
    expect(outcome).toEqual({ generation: 1, swapped: true });
    expect(names).toEqual(['readPromotion', 'preparePromotion', 'awaitPrepared', 'commitPromotion', 'awaitSwapped']);
  });

  it('commits nothing and marks the promotion failed when replicas cannot prepare', async () => {
    const { outcome, names, named, promotionId } = await promote({
      awaitPrepared: () => Promise.reject(new AppError('refused', 'replica-2: digest mismatch')),
    });
    expect(outcome).toMatchObject({ cause: { cause: { type: 'refused' } } });
    expect(names).not.toContain('commitPromotion');
    expect(named('failPromotion').map(({ input }) => input)).toEqual([
      { promotionId, error: { code: 'refused', message: 'replica-2: digest mismatch' } },
    ]);
  });

  it('yields to a generation that moved in the meantime', async () => {
    const { names, named } = await promote({
      commitPromotion: () => Promise.reject(new AppError('stale_generation', 'expected 3, found 4')),
    });
    expect(named('commitPromotion')).toHaveLength(1);
    expect(named('failPromotion')[0]?.input).toMatchObject({ error: { code: 'stale_generation' } });
    expect(names).not.toContain('awaitSwapped');
  });

  it('undoes nothing after the commit: that a replica has not swapped is reported', async () => {
    const { outcome, named } = await promote({
      awaitSwapped: () => Promise.reject(new AppError('refused', 'replica-1 still serves generation 3')),
    });
    expect(outcome).toEqual({ generation: 1, swapped: false });
    expect(named('failPromotion')).toHaveLength(0);
  });

  it('goes on from where the promotion stands when it is started again', async () => {
    const committed = await promote({ readPromotion: async () => ({ state: 'committed', generation: 7 }) });
    expect(committed.outcome).toEqual({ generation: 7, swapped: true });
    expect(committed.names).toEqual(['readPromotion', 'awaitSwapped']);
    const swapped = await promote({ readPromotion: async () => ({ state: 'swapped', generation: 7 }) });
    expect(swapped.names).toEqual(['readPromotion']);
    const failed = await promote({ readPromotion: async () => ({ state: 'failed', generation: null }) });
    expect(failed.outcome).toMatchObject({ cause: { type: 'conflict' } });
    expect(failed.names).toEqual(['readPromotion']);
  });

  it('commits once more, as often as it takes, when it cannot know whether it was committed', async () => {
    let tries = 0;
    const { outcome, named } = await promote({
      commitPromotion: () => {
        tries += 1;
        if (tries < 8) return Promise.reject(new AppError('unavailable', 'the connection was lost'));
        return Promise.resolve({ generation: 2 });
      },
    });
    expect(outcome).toEqual({ generation: 2, swapped: true });
    expect(named('failPromotion')).toHaveLength(0);
  });
});

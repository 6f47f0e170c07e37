import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, selectWorkflowId, TASK_QUEUES, WORKFLOW_TYPES, type SelectionState } from '@graft/contracts';
import { createFakeActivities, digest, SELECTION, type AllActivities } from '../testing/fake-activities.js';
import { startTimeSkippingServer } from '../testing/test-servers.js';
import { startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

let harness: WorkflowHarness;
let selections = 0;

beforeAll(async () => {
  harness = await startHarness(startTimeSkippingServer);
});
afterAll(() => harness.close());

const select = async (overrides: Partial<AllActivities> = {}) => {
  const selectionId = `selection-${(selections += 1)}`;
  const fakes = createFakeActivities(overrides);
  harness.use(fakes);
  const outcome = await harness.env.client.workflow
    .execute(WORKFLOW_TYPES.select, {
      workflowId: selectWorkflowId(selectionId),
      taskQueue: TASK_QUEUES.control,
      args: [{ selectionId }],
    })
    .catch((error: unknown) => error);
  const inputs = (name: keyof AllActivities): unknown[] => fakes.named(name).map(({ input }) => input);
  return { outcome, selectionId, names: fakes.calls.map(({ name }) => name), inputs };
};

describe('select', () => {
  it('probes each backbone once, measures all candidates, and fine-tunes the finalists', async () => {
    const { outcome, inputs, selectionId } = await select();
    expect(outcome).toEqual({ result: digest('selection') });
    const opened = inputs('openSelectionRun') as { purpose: string; candidate: string }[];
    expect(opened.map(({ purpose, candidate }) => `${purpose} ${candidate}`).sort()).toEqual([
      'finalist efficientnet_lite0:pruned60',
      'finalist resnet18',
      'probe efficientnet_lite0',
      'probe efficientnet_lite0:int8',
      'probe resnet18',
    ]);
    expect(inputs('measureBackbones')).toMatchObject([
      { candidates: SELECTION.candidates.map((candidate) => ({ candidate })) },
    ]);
    expect(inputs('advanceSelection')).toEqual(
      ['probe', 'measure', 'fine-tune', 'judge'].map((stage) => ({ selectionId, stage })),
    );
    // The pruned finalist trains twice: the whole network, and what is left of it.
    expect(inputs('trainModel')).toHaveLength(3);
    expect(inputs('judgeFinalists')).toMatchObject([
      { finalists: [{ model: { variant: 'pruned60' } }, { model: { variant: 'fp32' } }] },
    ]);
    expect(inputs('finishRun')).toHaveLength(5);
    expect(inputs('concludeSelection')).toMatchObject([{ finalists: digest('finalists'), failures: [] }]);
  });

  it('fine-tunes nothing where nothing was asked for, or nothing is left', async () => {
    const request = { ...SELECTION, finalists: 0 };
    const none = await select({
      readSelection: async () => ({ state: 'requested', attempt: 1, request, result: null }),
    });
    expect(none.names).not.toContain('chooseFinalists');
    expect(none.inputs('concludeSelection')).toMatchObject([{ finalists: null, failures: [] }]);
    const left = await select({ chooseFinalists: async () => ({ finalists: [] }) });
    expect(left.names).not.toContain('trainModel');
    expect(left.outcome).toEqual({ result: digest('selection') });
  });

  it('concludes without a finalist that cannot be trained, and says so', async () => {
    const { outcome, inputs } = await select({
      planTraining: async ({ runId }) => {
        if (runId === 'finalist resnet18') throw new AppError('refused', 'too many parameters');
        return { plan: digest('plan') };
      },
    });
    expect(outcome).toEqual({ result: digest('selection') });
    expect(inputs('closeRun')).toMatchObject([{ runId: 'finalist resnet18', state: 'failed' }]);
    expect(inputs('judgeFinalists')).toMatchObject([{ finalists: [{ candidate: 'efficientnet_lite0:pruned60' }] }]);
    expect(inputs('concludeSelection')).toMatchObject([
      { failures: [{ candidate: 'resnet18', message: 'too many parameters' }] },
    ]);
  });

  // One candidate, so that none in flight is cancelled: that is for the real server (real-server.integration.spec.ts).
  const ALONE: SelectionState = {
    ...{ state: 'requested', attempt: 1, result: null },
    request: { ...SELECTION, candidates: ['resnet18'] },
  };

  it('fails with the cause where a candidate cannot be probed', async () => {
    const { outcome, inputs, selectionId, names } = await select({
      readSelection: async () => ALONE,
      probeBackbone: () => Promise.reject(new AppError('dataset_unfit', 'one label')),
    });
    expect(outcome).toMatchObject({ cause: { type: 'dataset_unfit' } });
    expect(inputs('failSelection')).toEqual([
      { selectionId, error: { code: 'dataset_unfit', message: 'resnet18: one label' } },
    ]);
    expect(inputs('closeRun')).toMatchObject([{ runId: 'probe resnet18', state: 'failed' }]);
    expect(names).not.toContain('measureBackbones');
  });

  it('does not wait for weights that cannot be had', async () => {
    const { inputs, selectionId } = await select({
      readSelection: async () => ALONE,
      prepareEmbedder: () => Promise.reject(new AppError('unavailable', 'https://example.org is away')),
    });
    expect(inputs('prepareEmbedder')).toHaveLength(6);
    expect(inputs('failSelection')).toEqual([
      { selectionId, error: { code: 'unavailable', message: 'resnet18: https://example.org is away' } },
    ]);
  });

  it('has nothing left to do for a selection that was answered', async () => {
    const { outcome, names } = await select({
      readSelection: async () => ({ state: 'succeeded', attempt: 1, request: SELECTION, result: digest('answer') }),
    });
    expect(outcome).toEqual({ result: digest('answer') });
    expect(names).toEqual(['readSelection']);
  });
});

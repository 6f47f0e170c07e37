/** A storm of ten thousand signals on the real server: one version, one run a pipeline, and a history that stays short. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watchWorkflowId } from '@graft/contracts';
import { signalWatcher } from '../temporal/workflow-starts.js';
import { eventually } from '../testing/eventually.js';
import { createFakeActivities, digest, RETRAIN } from '../testing/fake-activities.js';
import { startDevServer } from '../testing/test-servers.js';
import { startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

const SIGNALS = 10_000;
const AT_ONCE = 100;

let harness: WorkflowHarness;

beforeAll(async () => {
  harness = await startHarness(() => startDevServer());
});
afterAll(() => harness.close());

describe('a storm', () => {
  it('of ten thousand signals makes one version and one run of each pipeline', async () => {
    const pipelines = ['quick', 'careful'].map((pipeline) => ({ ...RETRAIN, pipeline }));
    const fakes = createFakeActivities({
      readDatasetPolicy: async () => ({ quietSeconds: 10, maxWaitSeconds: null, minNewImages: 1 }),
      completeIngest: async () => ({ datasetVersion: digest('dataset version 2'), newImages: 1, quarantined: 0 }),
      subscribedPipelines: async () => pipelines,
    });
    harness.use(fakes);
    const { client } = harness.env;
    for (let sent = 0; sent < SIGNALS; sent += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          // A third of them as a reconciler tells of the same listing.
          signalWatcher(client, 'stormy', i % 3 === 0 ? { fingerprint: digest('listing') } : {}),
        ),
      );
    await eventually(() => fakes.named('registerVersion').length === pipelines.length, 600_000);
    expect(fakes.named('completeIngest')).toHaveLength(1);
    expect(fakes.named('planIngest')).toHaveLength(1);
    expect(fakes.named('openRun')).toHaveLength(pipelines.length);
    expect(fakes.named('readDatasetPolicy').length + fakes.named('reportWatch').length).toBeLessThan(60);
    const handle = client.workflow.getHandle(watchWorkflowId('stormy'));
    expect((await handle.describe()).historyLength).toBeLessThan(10_000);
    await handle.terminate();
  }, 660_000);
});

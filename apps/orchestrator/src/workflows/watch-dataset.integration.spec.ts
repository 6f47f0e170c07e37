import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, retrainWorkflowId, watchWorkflowId, type LandedHint, type NewWatchStatus } from '@graft/contracts';
import { signalWatcher } from '../temporal/workflow-starts.js';
import {
  createFakeActivities,
  digest,
  RETRAIN,
  type AllActivities,
  type FakeActivities,
} from '../testing/fake-activities.js';
import { eventually } from '../testing/eventually.js';
import { startTimeSkippingServer } from '../testing/test-servers.js';
import { createGate, startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

let harness: WorkflowHarness;
let dataset = '';
let datasets = 0;

beforeAll(async () => {
  harness = await startHarness(startTimeSkippingServer);
});
afterEach(() =>
  harness.env.client.workflow
    .getHandle(watchWorkflowId(dataset))
    .terminate()
    .catch(() => undefined),
);
afterAll(() => harness.close());

const signal = (hint: LandedHint = {}): Promise<void> => signalWatcher(harness.env.client, dataset, hint);

/** Watches a dataset of its own; `work` plays the world, in skipped time. */
const watch = async (
  overrides: Partial<AllActivities>,
  work: (fakes: FakeActivities) => Promise<void>,
): Promise<FakeActivities> => {
  dataset = `flowers-${(datasets += 1)}`;
  const fakes = createFakeActivities(overrides);
  harness.use(fakes);
  await work(fakes);
  return fakes;
};

/** Skips time, then lets what became due run. */
const pass = async (seconds: number): Promise<void> => {
  await harness.env.sleep(seconds * 1000);
  await new Promise((resolve) => setTimeout(resolve, 150));
};
const ingestions = (fakes: FakeActivities): number => fakes.named('planIngest').length;
/** Of this test's dataset: what another test left under way may still tell of its own. */
const told = (fakes: FakeActivities): NewWatchStatus[] =>
  fakes
    .named('reportWatch')
    .map(({ input }) => input as Parameters<AllActivities['reportWatch']>[0])
    .flatMap((report) => (report.dataset === dataset ? [report.status] : []));
const reported = (fakes: FakeActivities): Parameters<AllActivities['reportIngestion']>[0][] =>
  fakes
    .named('reportIngestion')
    .map(({ input }) => input as Parameters<AllActivities['reportIngestion']>[0])
    .filter(({ ingestion }) => ingestion.dataset === dataset);

describe('watchDataset', () => {
  it('makes one version of a landing, after it was quiet', async () => {
    await watch({}, async (fakes) => {
      await signal();
      await pass(6);
      await signal();
      await pass(6);
      expect(ingestions(fakes)).toBe(0);
      await pass(6);
      await eventually(() => fakes.named('completeIngest').length === 1);
      await pass(3600);
      expect(ingestions(fakes)).toBe(1);
    });
  });

  it('makes one version of a storm of a thousand signals', async () => {
    await watch({}, async (fakes) => {
      // The server that skips time can't start one watcher for two callers at once; real-server.integration.spec.ts has that.
      await signal();
      for (let batch = 0; batch < 10; batch += 1) await Promise.all(Array.from({ length: 100 }, () => signal()));
      await pass(11);
      await eventually(() => fakes.named('completeIngest').length === 1);
      await pass(3600);
      expect(ingestions(fakes)).toBe(1);
      const { historyLength } = await harness.env.client.workflow.getHandle(watchWorkflowId(dataset)).describe();
      expect(historyLength).toBeLessThan(4096);
    });
  });

  it('loses no signal that comes while an ingestion runs', async () => {
    const gate = createGate();
    let plans = 0;
    await watch(
      {
        planIngest: async () => {
          plans += 1;
          if (plans === 1) await gate.opened;
          return { parent: null, chunks: [], objects: 0, corrections: 0, startedAt: '2026-01-01T00:00:00Z' };
        },
      },
      async (fakes) => {
        await signal();
        await pass(11);
        await eventually(() => ingestions(fakes) === 1);
        await signal();
        gate.open();
        await pass(30);
        await eventually(() => ingestions(fakes) === 2);
        await pass(3600);
        expect(ingestions(fakes)).toBe(2);
      },
    );
  });

  it('waits no longer than the policy allows while images keep landing', async () => {
    await watch(
      { readDatasetPolicy: async () => ({ quietSeconds: 60, maxWaitSeconds: 100, minNewImages: 1 }) },
      async (fakes) => {
        for (let second = 0; second < 90; second += 30) {
          await signal();
          await pass(30);
        }
        expect(ingestions(fakes)).toBe(0);
        await signal();
        await pass(11);
        await eventually(() => ingestions(fakes) === 1);
      },
    );
  });

  it('waits for enough images, and after the longest wait makes do with what came', async () => {
    let landed = 3;
    const overrides: Partial<AllActivities> = {
      readDatasetPolicy: async () => ({ quietSeconds: 10, maxWaitSeconds: 900, minNewImages: 20 }),
      countLanded: async () => ({ objects: landed, enough: landed >= 20, lacking: [] }),
    };
    await watch(overrides, async (fakes) => {
      await signal();
      await pass(100);
      expect(ingestions(fakes)).toBe(0);
      landed = 20;
      await signal();
      await pass(15);
      await eventually(() => ingestions(fakes) === 1);
      landed = 3;
      await signal();
      await pass(600);
      expect(ingestions(fakes)).toBe(1);
      await pass(310);
      await eventually(() => ingestions(fakes) === 2);
    });
  });

  it('is not kept waiting by a reconciler that tells of the same listing again and again', async () => {
    await watch(
      { readDatasetPolicy: async () => ({ quietSeconds: 60, maxWaitSeconds: 86_400, minNewImages: 1 }) },
      async (fakes) => {
        for (let second = 0; second < 90; second += 30) {
          await signal({ fingerprint: 'listing' });
          await pass(30);
        }
        await eventually(() => ingestions(fakes) === 1);
      },
    );
  });

  it('waits without end where the policy says so, tells what it waits for, and looks at once when it is asked', async () => {
    const lacking = [{ label: 'bees', images: 3, needed: 10 }];
    const overrides: Partial<AllActivities> = {
      readDatasetPolicy: async () => ({ quietSeconds: 10, maxWaitSeconds: null, minNewImages: 1, minPerLabel: 10 }),
      countLanded: async () => ({ objects: 4, enough: false, lacking }),
    };
    await watch(overrides, async (fakes) => {
      await signal();
      await pass(864_000);
      expect(ingestions(fakes)).toBe(0);
      expect(fakes.named('countLanded')[0]?.input).toMatchObject({ minNewImages: 1, minPerLabel: 10 });
      expect(told(fakes).map(({ state }) => state)).toEqual(['settling', 'waiting']);
      expect(told(fakes)[1]).toMatchObject({ lacking, dueAt: null, message: 'bees has 3 of 10 images' });
      await signal({ urgent: true });
      await eventually(() => told(fakes).at(-1)?.state === 'idle');
      expect(ingestions(fakes)).toBe(1);
    });
  });

  it('tells how far an ingestion has come, some times for hundreds of chunks, under an id that no other has', async () => {
    const overrides: Partial<AllActivities> = {
      planIngest: async () => ({
        ...{ parent: null, objects: 25_600, corrections: 0, startedAt: '2026-01-01T00:00:00Z' },
        chunks: Array.from({ length: 100 }, (_, i) => digest(`chunk ${i}`)),
      }),
      completeIngest: async () => ({
        ...{ datasetVersion: digest('dataset version 1'), newImages: 25_000, quarantined: 100, duplicates: 500 },
      }),
    };
    await watch(overrides, async (fakes) => {
      await signal({ urgent: true });
      await eventually(() => told(fakes).at(-1)?.state === 'idle');
      const first = reported(fakes);
      expect(first.length).toBeLessThan(20);
      expect(first[0]).toMatchObject({ ingestion: { dataset, objects: 25_600 }, patch: { inspected: 0 } });
      expect(first.at(-1)?.patch).toMatchObject({ state: 'succeeded', newImages: 25_000, duplicates: 500 });
      await harness.env.client.workflow.getHandle(watchWorkflowId(dataset)).terminate();
      await signal({ urgent: true });
      await eventually(() => new Set(reported(fakes).map(({ ingestion }) => ingestion.id)).size === 2);
      await eventually(() => reported(fakes).filter(({ patch }) => patch.state === 'succeeded').length === 2);
    });
  });

  it('tells of an ingestion that failed', async () => {
    const failing = { completeIngest: () => Promise.reject(new AppError('forbidden', 'no write access')) };
    await watch(failing, async (fakes) => {
      await signal({ urgent: true });
      await eventually(() => told(fakes).at(-1)?.state === 'idle');
      expect(reported(fakes).at(-1)?.patch).toEqual({
        state: 'failed',
        error: { code: 'forbidden', message: 'no write access' },
      });
      expect(told(fakes).at(-1)?.message).toContain('the last ingestion failed');
    });
  });

  it('goes on where the registry cannot be told', async () => {
    const untold = { reportWatch: () => Promise.reject(new AppError('not_found', 'no such dataset')) };
    await watch(untold, async (fakes) => {
      await signal({ urgent: true });
      await eventually(() => fakes.named('completeIngest').length === 1);
    });
  });

  it('starts the retrainings that subscribe, once each, and they outlive it', async () => {
    const gate = createGate();
    const identity = { ...RETRAIN, pipeline: 'watched' };
    await watch(
      {
        // No time is skipped while an activity runs.
        readDatasetPolicy: async () => ({ quietSeconds: 0.2, maxWaitSeconds: 900, minNewImages: 1 }),
        subscribedPipelines: async () => [identity],
        trainModel: async () => {
          await gate.opened;
          return { trained: digest('trained'), history: digest('history') };
        },
      },
      async (fakes) => {
        await signal();
        await pass(1);
        await eventually(() => fakes.named('trainModel').length === 1);
        await signal();
        await pass(1);
        await eventually(() => fakes.named('subscribedPipelines').length === 2);
        await harness.env.client.workflow.getHandle(watchWorkflowId(dataset)).terminate();
        gate.open();
        expect(await harness.env.client.workflow.getHandle(retrainWorkflowId(identity)).result()).toMatchObject({
          version: 1,
        });
        expect(fakes.named('openRun')).toHaveLength(1);
      },
    );
  });

  it('goes on watching when an ingestion fails, or when the registry does not know the dataset', async () => {
    let known = false;
    await watch(
      {
        readDatasetPolicy: () =>
          known
            ? Promise.resolve({ quietSeconds: 0.2, maxWaitSeconds: 900, minNewImages: 1 })
            : Promise.reject(new AppError('not_found', 'no such dataset')),
        completeIngest: () => Promise.reject(new AppError('forbidden', 'no write access')),
      },
      async (fakes) => {
        await signal();
        await pass(1);
        expect(ingestions(fakes)).toBe(0);
        known = true;
        await signal();
        await pass(1);
        await eventually(() => fakes.named('completeIngest').length === 1);
        await signal();
        await pass(1);
        await eventually(() => fakes.named('completeIngest').length === 2);
      },
    );
  });
});

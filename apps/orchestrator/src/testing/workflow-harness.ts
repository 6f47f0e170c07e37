/** Runs the workflows on a real test server, with fake activities on every queue. */
import { TASK_QUEUES } from '@graft/contracts';
import { activityErrorInterceptor } from '@graft/platform/temporal';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { WORKFLOW_TURNS } from '../temporal/workers.js';
import { buildWorkflowBundle } from '../workflow-bundle.js';
import { createFakeActivities, type ActivityName, type FakeActivities } from './fake-activities.js';

/** Tests fail on purpose all the time: what the SDK says of it is not worth a line. */
const silenceTemporal = (): void => {
  const logger = new DefaultLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
};

export interface WorkflowHarness {
  readonly env: TestWorkflowEnvironment;
  /** Has the workers do what these fakes do from now on. */
  use(fakes: FakeActivities): void;
  /** Ends workers and server. */
  close(): Promise<void>;
}

/** Workers of every queue; one set for a file, since each start and stop costs a third of a second. */
export const startHarness = async (startServer: () => Promise<TestWorkflowEnvironment>): Promise<WorkflowHarness> => {
  silenceTemporal();
  const env = await startServer();
  let current = createFakeActivities();
  const activities = Object.fromEntries(
    Object.keys(current.activities).map((name) => [
      name,
      (input: never) => current.activities[name as ActivityName](input),
    ]),
  );
  const workflowBundle = await buildWorkflowBundle({ logger: new DefaultLogger('ERROR') });
  const workers = await Promise.all(
    Object.values(TASK_QUEUES).map((taskQueue) =>
      Worker.create({
        connection: env.nativeConnection,
        ...(env.namespace === undefined ? {} : { namespace: env.namespace }),
        taskQueue,
        activities,
        interceptors: { activity: [activityErrorInterceptor] },
        ...(taskQueue === TASK_QUEUES.control ? { workflowBundle, ...WORKFLOW_TURNS } : {}),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    env,
    use: (fakes) => {
      current = fakes;
    },
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await env.teardown();
    },
  };
};

/** A promise and what settles it: holds an activity until a test lets go. */
export const createGate = (): { opened: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

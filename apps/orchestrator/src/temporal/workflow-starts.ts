/** Starts and signals workflows from outside of Temporal: each of them as often as anyone likes, one at a time runs. */
import {
  AppError,
  LANDED_SIGNAL,
  promoteWorkflowId,
  RECONCILE_SCHEDULE_ID,
  classifyWorkflowId,
  reproduceWorkflowId,
  selectWorkflowId,
  TASK_QUEUES,
  watchWorkflowId,
  WORKFLOW_TYPES,
  type LandedHint,
  type PromoteInput,
  type ClassifyPrefixInput,
  type ReproduceInput,
  type RetrainInput,
  type Run,
  type SelectInput,
  type WatchDatasetInput,
} from '@graft/contracts';
import {
  ScheduleAlreadyRunning,
  WorkflowNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type ScheduleSpec,
} from '@temporalio/client';

const unavailable = (what: string, cause: unknown): AppError =>
  new AppError('unavailable', `Temporal: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });

/** Signal-with-start of `watch/<dataset>`: whether it is there or not, exactly one watches. */
export const signalWatcher = async (client: Client, dataset: string, hint: LandedHint): Promise<void> => {
  const input: WatchDatasetInput = { dataset };
  try {
    await client.workflow.signalWithStart(WORKFLOW_TYPES.watchDataset, {
      workflowId: watchWorkflowId(dataset),
      taskQueue: TASK_QUEUES.control,
      args: [input],
      signal: LANDED_SIGNAL,
      signalArgs: [hint],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  } catch (cause) {
    throw unavailable(`the watcher of ${dataset} could not be signalled`, cause);
  }
};

/** Whether it was started now; false where it runs already. */
const startOnce = async (
  client: Client,
  { type, workflowId, input, what }: { type: string; workflowId: string; input: unknown; what: string },
): Promise<boolean> => {
  try {
    await client.workflow.start(type, {
      workflowId,
      taskQueue: TASK_QUEUES.control,
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    return true;
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw unavailable(`${what} could not be started`, cause);
  }
};

/** Whether it was started now; false where it runs already. */
export const startPromotion = (client: Client, promotionId: string): Promise<boolean> => {
  const input: PromoteInput = { promotionId };
  const workflowId = promoteWorkflowId(promotionId);
  return startOnce(client, { type: WORKFLOW_TYPES.promote, workflowId, input, what: `promotion ${promotionId}` });
};

/** Whether it was started now; false where it runs already. */
export const startSelection = (client: Client, selectionId: string): Promise<boolean> => {
  const input: SelectInput = { selectionId };
  const workflowId = selectWorkflowId(selectionId);
  return startOnce(client, { type: WORKFLOW_TYPES.select, workflowId, input, what: `selection ${selectionId}` });
};

/** Whether it was started now; false where it runs already. */
export const startReproduction = (client: Client, reproductionId: string): Promise<boolean> => {
  const input: ReproduceInput = { reproductionId };
  const workflowId = reproduceWorkflowId(reproductionId);
  const type = WORKFLOW_TYPES.reproduceVersion;
  return startOnce(client, { type, workflowId, input, what: `reproduction ${reproductionId}` });
};

/** Whether it was started now; false where it runs already. */
export const startClassifyPrefix = (client: Client, bulkId: string): Promise<boolean> => {
  const input: ClassifyPrefixInput = { bulkId };
  const workflowId = classifyWorkflowId(bulkId);
  const type = WORKFLOW_TYPES.classifyPrefix;
  return startOnce(client, { type, workflowId, input, what: `bulk classification ${bulkId}` });
};

/** Whether it was started now; false where it runs already. */
export const startRetrain = (client: Client, run: Run): Promise<boolean> => {
  const { pipeline, pipelineDigest, trainDigest, datasetVersion, attempt, workflowId } = run;
  const input: RetrainInput = { pipeline, pipelineDigest, trainDigest, datasetVersion, attempt };
  return startOnce(client, { type: WORKFLOW_TYPES.retrain, workflowId, input, what: `run ${run.id}` });
};

/** Whether it was told; false where no workflow of this run runs. What it has under way is stopped, and it closes its run. */
export const cancelRetrain = async (client: Client, { id, workflowId }: Run): Promise<boolean> => {
  try {
    await client.workflow.getHandle(workflowId).cancel();
    return true;
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) return false;
    throw unavailable(`run ${id} could not be called off`, cause);
  }
};

/** The schedule that starts the reconciler, made or brought up to date. One that takes longer than the interval is not overtaken. */
export const ensureReconcileSchedule = async (client: Client, everySeconds: number): Promise<void> => {
  const spec: ScheduleSpec = { intervals: [{ every: everySeconds * 1000 }] };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: WORKFLOW_TYPES.reconcileLandings,
    taskQueue: TASK_QUEUES.control,
    args: [],
    workflowRunTimeout: '15m' as const,
  };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' as const };
  try {
    await client.schedule.create({ scheduleId: RECONCILE_SCHEDULE_ID, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning))
      throw unavailable('the reconcile schedule could not be made', error);
    await client.schedule
      .getHandle(RECONCILE_SCHEDULE_ID)
      .update((present) => ({ ...present, spec, action, policies }));
  }
};

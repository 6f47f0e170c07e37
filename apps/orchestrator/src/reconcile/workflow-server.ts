/** What reconciling asks of Temporal, and the adapter to it. */
import { CRON_SCHEDULE_PREFIX, cronScheduleId, RECONCILE_SCHEDULE_ID, type Run } from '@graft/contracts';
import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { createCronSchedules } from '../temporal/cron-schedules.js';
import {
  ensureReconcileSchedule,
  signalWatcher,
  startPromotion,
  startRetrain,
  startSelection,
} from '../temporal/workflow-starts.js';

/** `gone`: the server knows nothing of it; `ended`: it does, and says how (`terminated`). */
export type WorkflowLook =
  { readonly is: 'running' } | { readonly is: 'gone' } | { readonly is: 'ended'; readonly how: string };

export interface WorkflowServer {
  /** The latest execution under this id. */
  look(workflowId: string): Promise<WorkflowLook>;
  /** Each of them: whether it was started now; false where it runs already. */
  startPromotion(promotionId: string): Promise<boolean>;
  startSelection(selectionId: string): Promise<boolean>;
  startRetrain(run: Run): Promise<boolean>;
  /** Has a dataset's watcher look, whether it is there or not. */
  wakeWatcher(dataset: string): Promise<void>;
  /** The crontab of a pipeline's schedule; null where there is none. */
  cronOf(pipeline: string): Promise<string | null>;
  putCron(pipeline: string, cron: string): Promise<void>;
  /** Whether there is the schedule that has the landing zone listed. */
  listsLandings(): Promise<boolean>;
  ensureLandingsListed(): Promise<void>;
}

/** @param reconcileSeconds how often the landing zone is listed, where that has to be said anew */
export const createWorkflowServer = (client: Client, reconcileSeconds: number): WorkflowServer => {
  const crons = createCronSchedules(client);
  const noteOf = async (scheduleId: string): Promise<string | null> => {
    try {
      return (await client.schedule.getHandle(scheduleId).describe()).state.note ?? '';
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  };
  return {
    look: async (workflowId) => {
      try {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING' ? { is: 'running' } : { is: 'ended', how: status.name.toLowerCase() };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { is: 'gone' };
        throw error;
      }
    },
    startPromotion: (id) => startPromotion(client, id),
    startSelection: (id) => startSelection(client, id),
    startRetrain: (run) => startRetrain(client, run),
    wakeWatcher: (dataset) => signalWatcher(client, dataset, {}),
    cronOf: (pipeline) => noteOf(cronScheduleId(pipeline)),
    putCron: (pipeline, cron) => crons.put(pipeline, cron),
    listsLandings: async () => (await noteOf(RECONCILE_SCHEDULE_ID)) !== null,
    ensureLandingsListed: () => ensureReconcileSchedule(client, reconcileSeconds),
  };
};

export const scheduleName = (pipeline: string): string => `${CRON_SCHEDULE_PREFIX}${pipeline}`;

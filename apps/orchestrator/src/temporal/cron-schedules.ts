/** The schedules `cron/<pipeline>` on Temporal's server. */
import {
  CRON_SCHEDULE_PREFIX,
  cronScheduleId,
  TASK_QUEUES,
  WORKFLOW_TYPES,
  type ScheduledRunInput,
} from '@graft/contracts';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { CronSchedules } from '../listeners/schedule-keeper.js';

/** A time that came while the server was away is caught up with for so long: a nightly run is worth having in the morning. */
const CATCH_UP = '12h';

/** The server takes a crontab apart: the note keeps it as it was written, to be compared. */
const optionsOf = (pipeline: string, cron: string): ScheduleOptions => {
  const input: ScheduledRunInput = { pipeline };
  return {
    scheduleId: cronScheduleId(pipeline),
    spec: { cronExpressions: [cron], timezone: 'UTC' },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW_TYPES.scheduledRun,
      workflowId: cronScheduleId(pipeline),
      taskQueue: TASK_QUEUES.control,
      args: [input],
      workflowRunTimeout: '24h',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    state: { note: cron },
  };
};

export const createCronSchedules = (client: Client): CronSchedules => ({
  list: async () => {
    const found = new Map<string, string>();
    for await (const { scheduleId, state } of client.schedule.list()) {
      if (scheduleId.startsWith(CRON_SCHEDULE_PREFIX))
        found.set(scheduleId.slice(CRON_SCHEDULE_PREFIX.length), state?.note ?? '');
    }
    return found;
  },

  put: async (pipeline, cron) => {
    const options = optionsOf(pipeline, cron);
    try {
      await client.schedule.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { spec, action, policies } = options;
      await client.schedule.getHandle(options.scheduleId).update((present) => ({
        ...{ spec, action, policies: { ...present.policies, ...policies } },
        state: { ...present.state, note: cron },
      }));
    }
  },

  remove: async (pipeline) => {
    try {
      await client.schedule.getHandle(cronScheduleId(pipeline)).delete();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  },
});

/** Whether anyone works on a queue's activities, as Temporal knows it. */
import { AppError } from '@graft/contracts';
import type { Client } from '@temporalio/client';
import type { Trainers } from '../activities/control/dependencies.js';

/** A worker asks again after a minute at the latest. */
const POLLED_WITHIN_MS = 120_000;
/** temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY */
const ACTIVITIES = 2;

export const createTrainers = (client: Client, namespace: string): Trainers => ({
  unpolled: async (queues) => {
    const isPolled = async (name: string): Promise<boolean> => {
      const { pollers } = await client.workflowService
        .describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType: ACTIVITIES })
        .catch((cause: unknown) => {
          throw new AppError('unavailable', `Temporal: the workers of queue ${name} could not be asked for`, { cause });
        });
      return (pollers ?? []).some(
        ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLED_WITHIN_MS,
      );
    };
    const polled = await Promise.all(queues.map(isPolled));
    return queues.filter((_, at) => polled[at] !== true);
  },
});

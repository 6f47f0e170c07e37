/** Keeps Temporal's schedules in step with the pipelines that run at the times of a crontab. */
import type { PipelineVersion } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

/** The schedules that there are, by pipeline, and what changes them. */
export interface CronSchedules {
  /** Crontab by pipeline. */
  list(): Promise<ReadonlyMap<string, string>>;
  /** Makes it, or gives it these times. */
  put(pipeline: string, cron: string): Promise<void>;
  /** One that isn't there is no error. */
  remove(pipeline: string): Promise<void>;
}

export interface ScheduleKeeper {
  readonly registry: Pick<Registry, 'events' | 'listPipelines'>;
  readonly schedules: CronSchedules;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 30 s. */
  readonly pollMs?: number;
}

/** Crontab by pipeline: of those that are on, and on a schedule. */
export const wantedSchedules = (pipelines: readonly PipelineVersion[]): ReadonlyMap<string, string> =>
  new Map(
    pipelines.flatMap(({ name, enabled, pipeline: { trigger } }) =>
      enabled && trigger.on === 'schedule' && trigger.cron !== undefined ? [[name, trigger.cron] as const] : [],
    ),
  );

export const syncSchedules = async ({
  registry,
  schedules,
  logger,
}: Pick<ScheduleKeeper, 'registry' | 'schedules' | 'logger'>): Promise<void> => {
  const wanted = wantedSchedules(await registry.listPipelines());
  const present = await schedules.list();
  for (const [pipeline, cron] of wanted) {
    if (present.get(pipeline) === cron) continue;
    await schedules.put(pipeline, cron);
    logger.info({ pipeline, cron }, 'schedule of a pipeline kept');
  }
  for (const pipeline of present.keys()) {
    if (wanted.has(pipeline)) continue;
    await schedules.remove(pipeline);
    logger.info({ pipeline }, 'schedule of a pipeline removed');
  }
};

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const keepSchedules = ({ pollMs = 30_000, ...options }: ScheduleKeeper): Promise<void> =>
  dispatchLoop({ ...options, pollMs, kind: 'pipeline', what: 'schedules', look: () => syncSchedules(options) });

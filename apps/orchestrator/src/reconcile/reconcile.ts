/**
 * Rebuilds what waits from the registry where Temporal's state is lost, or a part of it: what the registry says is under way and no workflow
 * works for is started again under its own id, or closed where that makes no sense. Every workflow goes on from where its records stand, so
 * this may be done at any time and any number of times.
 */
import {
  promoteWorkflowId,
  RECONCILE_SCHEDULE_ID,
  selectWorkflowId,
  watchWorkflowId,
  type Promotion,
  type Reconciliation,
  type ReconciliationAct,
  type Run,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { wantedSchedules } from '../listeners/schedule-keeper.js';
import { scheduleName, type WorkflowLook, type WorkflowServer } from './workflow-server.js';

export type ReconcileRegistry = Pick<
  Registry,
  | 'listPromotions'
  | 'listRuns'
  | 'patchRun'
  | 'listSelections'
  | 'listDatasets'
  | 'getWatch'
  | 'listIngestions'
  | 'patchIngestion'
  | 'listPipelines'
>;

export interface ReconcileOptions {
  readonly registry: ReconcileRegistry;
  readonly workflows: WorkflowServer;
  /** Find, and do nothing. */
  readonly dryRun: boolean;
}

/** What is missing, and what mends it: true where that was done, false where somebody else was quicker. */
interface Finding {
  readonly act: ReconciliationAct;
  readonly mend: () => Promise<boolean>;
}

interface Findings {
  readonly looked: number;
  readonly findings: readonly Finding[];
}

const RUN_PREFIX = 'retrain/';
const tellLook = (look: WorkflowLook): string =>
  look.is === 'ended' ? `its workflow has ${look.how} without saying so` : 'no workflow works for it';

const lost = (look: WorkflowLook) => ({
  code: 'lost',
  message: `${tellLook(look)}: closed by ./graft reconcile; ask for it again (./graft runs start … --again)`,
});

const each = async <T>(items: readonly T[], find: (item: T) => Promise<Finding | null>): Promise<Findings> => {
  const found: Finding[] = [];
  for (const item of items) {
    const finding = await find(item);
    if (finding !== null) found.push(finding);
  }
  return { looked: items.length, findings: found };
};

const PROMOTIONS_UNDER_WAY: readonly Promotion['state'][] = ['requested', 'preparing', 'committed'];

/** Oldest first, so that of two promotions of a model the first comes first. */
const findPromotions = async ({ registry, workflows }: ReconcileOptions): Promise<Findings> => {
  const lists = await Promise.all(PROMOTIONS_UNDER_WAY.map((state) => registry.listPromotions({ state })));
  const oldestFirst = lists.flat().sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  return each(oldestFirst, async ({ id, model, version, environment, state }) => {
    const look = await workflows.look(promoteWorkflowId(id));
    if (look.is === 'running') return null;
    const name = `${model} ${version} in ${environment}`;
    return {
      act: { what: 'promotion', id, name, act: 'start', why: `${state}, and ${tellLook(look)}` },
      mend: () => workflows.startPromotion(id),
    };
  });
};

const findSelections = async ({ registry, workflows }: ReconcileOptions): Promise<Findings> => {
  const lists = await Promise.all([
    registry.listSelections({ state: 'requested' }),
    registry.listSelections({ state: 'running' }),
  ]);
  return each(lists.flat().reverse(), async ({ id, request, state }) => {
    const look = await workflows.look(selectWorkflowId(id));
    if (look.is === 'running') return null;
    return {
      act: { what: 'selection', id, name: request.dataset, act: 'start', why: `${state}, and ${tellLook(look)}` },
      mend: () => workflows.startSelection(id),
    };
  });
};

/** What has to be done for a run that is under way and whose workflow isn't. */
const mendingOf = (
  { registry, workflows }: ReconcileOptions,
  run: Run,
  look: WorkflowLook,
): Pick<Finding, 'mend'> & { act: 'start' | 'close' } => {
  const close = (state: 'failed' | 'cancelled', error: Run['error']) => async (): Promise<boolean> => {
    await registry.patchRun(run.id, { state, error });
    return true;
  };
  if (run.state === 'cancelling') return { act: 'close', mend: close('cancelled', run.error) };
  const isRetraining = run.workflowId.startsWith(RUN_PREFIX);
  // One that was never begun has nothing to have ended; one whose server has forgotten it goes on from its records.
  if (isRetraining && (run.state === 'requested' || look.is === 'gone'))
    return { act: 'start', mend: () => workflows.startRetrain(run) };
  return { act: 'close', mend: close('failed', lost(look)) };
};

const findRuns = async (options: ReconcileOptions): Promise<Findings> => {
  const { registry, workflows } = options;
  const lists = await Promise.all(
    (['requested', 'running', 'cancelling'] as const).map((state) => registry.listRuns({ state })),
  );
  const selections = await Promise.all([
    registry.listSelections({ state: 'requested' }),
    registry.listSelections({ state: 'running' }),
  ]);
  const selecting = new Set(selections.flat().map(({ id }) => selectWorkflowId(id)));
  const runs = lists.flat().sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  return each(runs, async (run) => {
    const look = await workflows.look(run.workflowId);
    // Runs of a selection that goes on are opened again by its own workflow.
    if (look.is === 'running' || selecting.has(run.workflowId)) return null;
    const { act, mend } = mendingOf(options, run, look);
    const why = `${run.state}, and ${tellLook(look)}`;
    return { act: { what: 'run', id: run.id, name: run.pipeline, act, why }, mend };
  });
};

const findIngestions = async ({ registry, workflows }: ReconcileOptions): Promise<Findings> => {
  const datasets = await registry.listDatasets();
  const lists = await Promise.all(datasets.map(({ name }) => registry.listIngestions(name, { limit: 100 })));
  const running = lists.flat().filter(({ state }) => state === 'running');
  return each(running, async ({ id, dataset }) => {
    const look = await workflows.look(id);
    if (look.is === 'running') return null;
    return {
      act: { what: 'ingestion', id, name: dataset, act: 'close', why: `running, and ${tellLook(look)}` },
      mend: async () => {
        const message = `${tellLook(look)}: what landed is taken by the next ingestion`;
        await registry.patchIngestion(id, { state: 'failed', error: { code: 'lost', message } });
        return true;
      },
    };
  });
};

/** Of datasets that have been watched: what lands for others is found by listing. */
const findWatches = async ({ registry, workflows }: ReconcileOptions): Promise<Findings> => {
  const unpaused = (await registry.listDatasets()).filter(({ paused }) => paused === null);
  const told = await Promise.all(unpaused.map(({ name }) => registry.getWatch(name)));
  return each(
    unpaused.filter((_dataset, at) => told[at] !== null),
    async ({ name }) => {
      const look = await workflows.look(watchWorkflowId(name));
      if (look.is === 'running') return null;
      return {
        act: { what: 'watch', id: name, name, act: 'wake', why: 'nothing watches it' },
        mend: async () => {
          await workflows.wakeWatcher(name);
          return true;
        },
      };
    },
  );
};

const findSchedules = async ({ registry, workflows }: ReconcileOptions): Promise<Findings> => {
  const wanted = [...wantedSchedules(await registry.listPipelines())];
  const crons = await each(wanted, async ([pipeline, cron]) => {
    const present = await workflows.cronOf(pipeline);
    if (present === cron) return null;
    const why = present === null ? `it is to run at ${cron}` : `it is to run at ${cron}, not at ${present}`;
    return {
      act: { what: 'schedule', id: scheduleName(pipeline), name: pipeline, act: 'make', why },
      mend: async () => {
        await workflows.putCron(pipeline, cron);
        return true;
      },
    };
  });
  const listing = await each([RECONCILE_SCHEDULE_ID], async (id) => {
    if (await workflows.listsLandings()) return null;
    return {
      act: { what: 'schedule', id, name: 'landing zone', act: 'make', why: 'nothing lists what landed' },
      mend: async () => {
        await workflows.ensureLandingsListed();
        return true;
      },
    };
  });
  return { looked: crons.looked + listing.looked, findings: [...crons.findings, ...listing.findings] };
};

/** Finds all that is missing, then mends it, unless `dryRun` says otherwise. */
export const reconcile = async (options: ReconcileOptions): Promise<Reconciliation> => {
  const { dryRun } = options;
  const [promotions, selections, runs, ingestions, watches, schedules] = [
    await findPromotions(options),
    await findSelections(options),
    await findRuns(options),
    await findIngestions(options),
    await findWatches(options),
    await findSchedules(options),
  ];
  const parts = [ingestions, promotions, selections, runs, schedules, watches];
  const acts: ReconciliationAct[] = [];
  for (const { act, mend } of parts.flatMap(({ findings }) => findings)) if (dryRun || (await mend())) acts.push(act);
  return {
    dryRun,
    looked: {
      promotions: promotions.looked,
      runs: runs.looked,
      selections: selections.looked,
      ingestions: ingestions.looked,
      watches: watches.looked,
      schedules: schedules.looked,
    },
    acts,
  };
};

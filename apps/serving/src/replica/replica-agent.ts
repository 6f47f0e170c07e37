/**
 * Keeps a replica at what the ledger says: renews its lease, hears what should be served, has it loaded, swaps, and tells
 * the registry what it did. Events only hasten the next question; without them the lease finds out by itself.
 */
import {
  describePin,
  isNewer,
  isRetryable,
  toAppError,
  type Deployment,
  type DesiredState,
  type Preparation,
  type ReplicaReport,
} from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { DeploymentRegistry, EventRegistry } from '@graft/registry-client';
import type { Wanted } from '../models/load-servable.js';
import type { ModelPool } from '../models/model-pool.js';
import type { ModelStore } from '../models/model-store.js';
import { createAlarm } from './alarm.js';
import type { PinBook } from './pins/pin-book.js';
import { createPinLayer } from './pins/lay-pins.js';
import { createPinDesk, type PinDesk } from './pins/pin-desk.js';
import type { ActiveTrial, TrialBoard } from '../trials/trial-board.js';
import type { ServingTable } from './serving-table.js';
import type { Snapshot } from './snapshot.js';

/** What the agent asks of the registry. */
export type AgentRegistry = Pick<DeploymentRegistry, 'reportReplica' | 'removeReplica'> & EventRegistry;

export interface ReplicaAgentOptions {
  readonly registry: AgentRegistry;
  readonly replicaId: string;
  readonly environment: string;
  /** Where clients reach this replica. */
  readonly url: string;
  readonly cpuClass: string;
  readonly leaseSeconds: number;
  readonly table: ServingTable;
  readonly board: TrialBoard;
  /** Gets the agent's `onLoaded` as its change listener. */
  readonly createPool: (onChange: () => void) => ModelPool;
  readonly snapshot: Snapshot;
  readonly pinBook: PinBook;
  readonly store: Pick<ModelStore, 'servable' | 'servableVersions'>;
  readonly logger: Logger;
  readonly onSwap?: (swap: { model: string; epoch: number; generation: number; version: number }) => void;
  /** How long the registry may take to answer at the start before the snapshot is taken; default 2 s. */
  readonly startPatienceMs?: number;
}

export interface ReplicaAgent {
  /** Whether it knows what should be served, and serves all of it. */
  ready(): boolean;
  readonly pins: PinDesk;
  /** Ends the lease and frees the models. */
  stop(): Promise<void>;
}

/** A preparation that fails for a passing reason is tried so often before it is reported as failed. */
const PREPARATION_ATTEMPTS = 4;

/** How long a pin's version may take to load, and how often it is looked whether one is over. */
const PIN_PATIENCE_MS = 60_000;
const PIN_LOOK_MS = 1_000;
/** A registry that took so long to answer a renewal counts as away for whoever wants to pin. */
const SILENCE_MS = 10_000;

const isChampion = ({ role }: Deployment): boolean => role === 'champion';
const targetOf = ({ model, target }: Deployment | Preparation): Wanted => ({ model, servable: target });
const previousOf = ({ model, previous }: Deployment): Wanted[] =>
  previous === null ? [] : [{ model, servable: previous }];

/** Starts at once; nothing needs to be awaited before the first request, which `ready` guards. */
export const startReplicaAgent = (options: ReplicaAgentOptions): ReplicaAgent => {
  const { registry, replicaId, environment, url, cpuClass, leaseSeconds, table, board, snapshot, logger, onSwap } =
    options;
  const { startPatienceMs = 2_000, pinBook, store } = options;
  const abort = new AbortController();
  const alarm = createAlarm();
  let desired: DesiredState | null = null;
  /** For the log: when the news came that the next swap acts on. */
  let newsAt = performance.now();
  /** What each model's current version was loaded as, so that it stays wanted while its successor loads. */
  const servedAs = new Map<string, Wanted>();
  /** What each of them is by, whatever it is called. */
  const ids = new Map<string, string>();

  const swap = (deployment: Deployment): void => {
    const { model, epoch, generation, target } = deployment;
    const served = pool.ready(targetOf(deployment));
    if (served === null || !table.swap(model, { epoch, generation, served })) return;
    servedAs.set(model, targetOf(deployment));
    if (deployment.modelId !== undefined) ids.set(model, deployment.modelId);
    const afterMs = Math.round((performance.now() - newsAt) * 10) / 10;
    logger.info(
      { model, epoch, generation, version: target.version, variant: target.variant, afterMs },
      'replica: swapped',
    );
    onSwap?.({ model, epoch, generation, version: target.version });
    // The acknowledgement.
    alarm.ring();
  };

  /** A replica that starts, and can't load the champion, answers as the generation before did, if it can. */
  const standIn = (champion: Deployment): void => {
    const { model, epoch, generation, target } = champion;
    if (table.current(model) !== null || pool.state(targetOf(champion)).kind !== 'failed') return;
    const [previous] = previousOf(champion);
    const served = previous === undefined ? null : pool.ready(previous);
    if (previous === undefined || served === null || generation === 1) return;
    table.standIn(model, { epoch, generation: generation - 1, served });
    servedAs.set(model, previous);
    logger.error(
      { model, version: served.version, instead: target.version },
      'replica: the champion can not be loaded, the version before it answers',
    );
    alarm.ring();
  };

  /** Once it is loaded, and its champion is the one that it is to be beside. */
  const onTrial = (deployment: Deployment): ActiveTrial[] => {
    const { model, epoch, generation, role, percent, trialId } = deployment;
    const served = pool.ready(targetOf(deployment));
    const current = table.current(model);
    const isBeside = current?.epoch === epoch && current.generation === generation && current.pin === undefined;
    if (role === 'champion' || trialId === undefined || served === null || !isBeside) return [];
    return [{ epoch, generation, role, percent, trialId, served }];
  };

  const pinLayer = createPinLayer({
    ...{ book: pinBook, table, logger, pool: () => pool, now: () => new Date() },
    onChange: (model) => {
      const current = table.current(model);
      if (current === null) return;
      const { epoch, generation, served } = current;
      onSwap?.({ model, epoch, generation, version: served.version });
      alarm.ring();
    },
  });

  /** Acts on what is desired and pinned as far as what is loaded allows; called whenever any of it has changed. */
  const settle = (): void => {
    pinLayer.lay();
    const pinned = [...pinLayer.wanted(), ...pins.wanted()];
    if (desired === null) return pool.want(pinned);
    const champions = desired.deployments.filter(isChampion);
    champions.forEach(pinLayer.supersede);
    const beside = desired.deployments.filter((one) => !isChampion(one));
    table.expect(champions.map(({ model }) => model));
    for (const champion of champions) {
      const { model } = champion;
      if (isNewer(champion, table.swapped(model)) && !pinLayer.holdsBack(model)) swap(champion);
    }
    pinLayer.lift();
    champions.forEach(standIn);
    pool.want([
      ...pinned,
      ...champions.map(targetOf),
      ...servedAs.values(),
      ...desired.preparations.map(targetOf),
      ...beside.map(targetOf),
      ...champions.flatMap(previousOf),
    ]);
    board.set(beside.flatMap(onTrial));
    for (const champion of champions) {
      const [previous] = previousOf(champion);
      table.keepPrevious(champion.model, previous === undefined ? null : pool.ready(previous));
    }
  };

  const pool = options.createPool(() => {
    settle();
    pins.onLoaded();
    alarm.ring();
  });

  let listeners: ((answered: boolean) => void)[] = [];
  /** Whether the registry answers a renewal that begins after this. */
  const askRegistry = (): Promise<boolean> => {
    const answered = new Promise<boolean>((resolve) => listeners.push(resolve));
    alarm.ring();
    const silence = createAlarm().wait(SILENCE_MS, abort.signal);
    return Promise.race([answered, silence.then(() => false)]);
  };

  const pins: PinDesk = createPinDesk({
    book: pinBook,
    championOf: (model) => desired?.deployments.find((one) => one.model === model && isChampion(one)) ?? null,
    servableOf: (model, version) => store.servable(model, version),
    versionsOf: (model) => store.servableVersions(model),
    state: (wanted) => pool.state(wanted),
    askRegistry,
    settle: () => settle(),
    now: () => new Date(),
    patienceMs: PIN_PATIENCE_MS,
  });

  const preparedOf = (preparation: Preparation): ReplicaReport['prepared'] => {
    const { promotionId } = preparation;
    const state = pool.state(targetOf(preparation));
    if (state.kind === 'ready') return [{ promotionId, ok: true }];
    if (state.kind !== 'failed') return [];
    const mayPass = isRetryable(state.error.code) && state.attempts < PREPARATION_ATTEMPTS;
    return mayPass ? [] : [{ promotionId, ok: false, error: state.error.message.slice(0, 2_000) }];
  };

  const report = (): ReplicaReport => ({
    environment,
    url,
    cpuClass,
    leaseSeconds,
    serving: table.report(),
    prepared: (desired?.preparations ?? []).flatMap(preparedOf),
    trials: board.reports(),
    problems: [
      ...pool.failures().map(({ wanted: { model, servable }, error }) => ({
        model,
        message: `version ${servable.version} (${servable.variant}) could not be loaded: ${error.message}`,
      })),
      ...pinBook.list().map((pin) => ({ model: pin.model, message: describePin(pin) })),
    ].map(({ model, message }) => ({ model, message: message.slice(0, 2_000) })),
    pins: [...pinBook.list()],
  });

  /** Names that are served no more: of a model that has another by now, or that a restore of the database has undone. */
  const dropGone = ({ epoch, deployments }: DesiredState): void => {
    for (const model of table.models()) {
      if (deployments.some((one) => one.model === model)) continue;
      const id = ids.get(model);
      const renamed = id === undefined ? undefined : deployments.find(({ modelId }) => modelId === id)?.model;
      const isOlder = (table.current(model)?.epoch ?? epoch) < epoch;
      // Anything else is ahead of the ledger: it goes on until an admin begins a new epoch.
      if (renamed === undefined && !isOlder) continue;
      if (renamed !== undefined) logger.info({ model, renamed }, 'replica: the model has another name now');
      else
        logger.warn(
          { model, epoch },
          'replica: the ledger of this epoch does not know the model; it is served no more',
        );
      pinLayer.dropModel(model);
      table.remove(model);
      servedAs.delete(model);
      ids.delete(model);
    }
  };

  const accept = (state: DesiredState): void => {
    // A state of an earlier epoch is from before a restore of the database.
    if (desired !== null && state.epoch < desired.epoch) return;
    desired = state;
    dropGone(state);
    settle();
  };

  /**
   * Acts on a champion as soon as it is told; what the next renewal answers has all of it. Not where a trial is beside it, whose place is
   * told in that answer, nor across epochs.
   */
  const hear = (news: Deployment): void => {
    if (desired === null || news.epoch !== desired.epoch) return;
    const { deployments } = desired;
    const [known, ...beside] = deployments.filter(({ model }) => model === news.model);
    if (known === undefined || beside.length > 0 || !isNewer(news, known)) return;
    desired = { ...desired, deployments: deployments.map((one) => (one === known ? news : one)) };
    settle();
  };

  const renew = async (): Promise<void> => {
    accept(await registry.reportReplica(replicaId, report()));
    // Not awaited: the acknowledgement of a swap is more urgent than the disk.
    if (desired !== null) snapshot.write(desired);
  };

  /** A registry that is away is no defect of this replica: a line is enough, without a stack. */
  const tellAway = (message: string, thrown: unknown): void => {
    const error = toAppError(thrown);
    if (isRetryable(error.code)) logger.warn({ code: error.code, reason: error.message }, message);
    else logger.error({ err: error }, message);
  };

  let registryAway = false;
  const renewForEver = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      const waiting = listeners;
      listeners = [];
      const tell = (answered: boolean): void => waiting.forEach((listener) => listener(answered));
      try {
        await renew();
        tell(true);
        if (registryAway) logger.info('replica: the registry answers again');
        registryAway = false;
      } catch (thrown) {
        if (!registryAway) tellAway('replica: lease not renewed', thrown);
        registryAway = true;
        tell(false);
      }
      await alarm.wait((leaseSeconds * 1_000) / 3, abort.signal);
    }
  };

  /** The registry's word where it answers soon, else the last one that was kept. */
  const startFromSnapshot = async (): Promise<void> => {
    await createAlarm().wait(startPatienceMs, abort.signal);
    if (desired !== null || abort.signal.aborted) return;
    const kept = await snapshot.read();
    if (kept === null || desired !== null) return;
    logger.warn({ deployments: kept.deployments.length }, 'replica: registry away, starting from the last known state');
    accept(kept);
  };

  const listen = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        for await (const { kind, environment: where, deployment } of registry.events({ signal: abort.signal })) {
          if ((kind === 'deployment' || kind === 'preparation') && (where === null || where === environment)) {
            newsAt = performance.now();
            if (deployment !== undefined) hear(deployment);
            alarm.ring();
          }
        }
      } catch (err) {
        if (abort.signal.aborted) return;
        logger.error({ err }, 'replica: the event stream refused; the lease alone tells of changes');
      }
      await createAlarm().wait(30_000, abort.signal);
    }
  };

  const expirePins = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      if (pinLayer.expire()) settle();
      await createAlarm().wait(PIN_LOOK_MS, abort.signal);
    }
  };

  const start = async (): Promise<void> => {
    // Before anything else is known: what is pinned must be the first to answer.
    await pinBook.read();
    settle();
    await Promise.all([renewForEver(), startFromSnapshot(), listen(), expirePins()]);
  };
  const running = start();

  return {
    ready: () => desired !== null && table.complete(),
    pins,
    stop: async () => {
      abort.abort();
      await running;
      await registry.removeReplica(replicaId).catch((thrown: unknown) => {
        tellAway('replica: its lease could not be ended and will run out', thrown);
      });
      await Promise.all([pool.close(), snapshot.flush(), pinBook.flush()]);
    },
  };
};

/** The replicas behind a front: started, started again when they end, looked at, and chosen from. */
import type { ReplicaProcess } from '@graft/contracts';
import type { Logger } from '@graft/platform';

/** A process that was started as a replica. */
export interface SpawnedReplica {
  readonly pid: number | null;
  /** Where it answers. Never resolves when it ends before that. */
  readonly listening: Promise<string>;
  /** How it ended: `exit code 5`, `SIGKILL`. */
  readonly ended: Promise<string>;
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
}

export interface SpawnRequest {
  readonly id: string;
  /** 0 for any. */
  readonly port: number;
  /** How many share the machine. */
  readonly count: number;
}

export interface ReplicaSetOptions {
  readonly idOf: (number: number) => string;
  readonly spawn: (request: SpawnRequest) => SpawnedReplica;
  /** Whether a replica serves all that it should. Throws when it doesn't answer. */
  readonly look: (url: string) => Promise<boolean>;
  /** Told of an end that nobody asked for, before the replica is started again. */
  readonly onEnd: (id: string) => Promise<void>;
  readonly logger: Logger;
  /** Milliseconds before start `ends + 1`, when it has ended that often in a row; default at once, then .5 s doubling to 30 s. */
  readonly backoffMs?: (ends: number) => number;
  readonly lookEveryMs?: number;
  /** How long a replica may be unreachable before it is killed; default 15 s. */
  readonly patienceMs?: number;
}

/** A replica for one request. */
export interface HeldReplica {
  readonly id: string;
  readonly url: string;
  /** Aborted when the replica is given up, or by `abort`. */
  readonly signal: AbortSignal;
  abort(): void;
  /** It didn't answer: others come first until it is well again. */
  doubt(): void;
  release(): void;
}

export interface ReplicaSet {
  list(): ReplicaProcess[];
  /** One that isn't in `tried`: ready ones first, of these the one with the fewest requests; null when there is none left. */
  hold(tried: ReadonlySet<string>): HeldReplica | null;
  /** From now on so many: new ones are started, or those of the highest numbers ended in order. */
  scale(count: number): void;
  /** Ends all of them in order. */
  close(): Promise<void>;
}

interface Member {
  readonly number: number;
  readonly id: string;
  state: ReplicaProcess['state'];
  since: string;
  process: SpawnedReplica | null;
  url: string | null;
  /** What it had, so that its address stays. */
  port: number;
  restarts: number;
  /** Ends in a row, each soon after a start. */
  ends: number;
  startedAt: number;
  lastEnd: string | null;
  lastSeenAt: number;
  wanted: boolean;
  readonly requests: Set<AbortController>;
  timer: NodeJS.Timeout | undefined;
  gone: Promise<void>;
}

const LOOK_EVERY_MS = 250;
const PATIENCE_MS = 15_000;
/** Whoever ran so long did not end because of how it was started. */
const SETTLED_MS = 60_000;
const exponential = (ends: number): number => (ends <= 1 ? 0 : Math.min(500 * 2 ** (ends - 2), 30_000));

const RANK = { ready: 0, unready: 1, unreachable: 2, starting: 3, ended: 3 } as const;

export const createReplicaSet = (options: ReplicaSetOptions): ReplicaSet => {
  const { idOf, spawn, look, onEnd, logger, backoffMs = exponential, lookEveryMs = LOOK_EVERY_MS } = options;
  const { patienceMs = PATIENCE_MS } = options;
  let members: Member[] = [];
  /** Those that are no longer wanted and still drain, by number. */
  const leaving = new Map<number, Promise<void>>();
  let turn = 0;

  const enter = (member: Member, state: Member['state']): void => {
    if (member.state === state) return;
    Object.assign(member, { state, since: new Date().toISOString() });
  };

  const giveUp = ({ requests }: Member): void => requests.forEach((request) => request.abort());

  const lookAfter = (member: Member, process: SpawnedReplica): void => {
    const { url } = member;
    const isPresent = (): boolean => member.process === process && member.url === url;
    if (url === null || !isPresent()) return;
    void look(url)
      .then((isReady) => {
        if (!isPresent()) return;
        member.lastSeenAt = performance.now();
        enter(member, isReady ? 'ready' : 'unready');
      })
      .catch(() => {
        if (!isPresent()) return;
        // Twice in a row: what it was asked is asked of another.
        if (member.state === 'unreachable') giveUp(member);
        enter(member, 'unreachable');
        if (performance.now() - member.lastSeenAt < patienceMs) return;
        logger.error({ replica: member.id, patienceMs }, 'front: a replica does not answer; it is killed');
        process.kill('SIGKILL');
      })
      .finally(() => {
        if (isPresent()) member.timer = setTimeout(() => lookAfter(member, process), lookEveryMs);
      });
  };

  const start = (member: Member): void => {
    const process = spawn({ id: member.id, port: member.port, count: members.length });
    const startedAt = performance.now();
    Object.assign(member, { process, startedAt, lastSeenAt: startedAt });
    enter(member, 'starting');
    void process.listening.then((url) => {
      if (member.process !== process) return;
      member.url = url;
      member.port = Number(new URL(url).port);
      member.lastSeenAt = performance.now();
      lookAfter(member, process);
    });
    member.gone = process.ended.then((how) => ended(member, how));
  };

  const ended = async (member: Member, how: string): Promise<void> => {
    clearTimeout(member.timer);
    giveUp(member);
    // It may have ended because another has its port by now.
    if (member.url === null) member.port = 0;
    Object.assign(member, { process: null, url: null });
    enter(member, 'ended');
    if (!member.wanted) return;
    const wasSettled = performance.now() - member.startedAt > SETTLED_MS;
    Object.assign(member, { lastEnd: how, restarts: member.restarts + 1, ends: wasSettled ? 1 : member.ends + 1 });
    const inMs = backoffMs(member.ends);
    logger.error(
      { replica: member.id, how, restarts: member.restarts, inMs },
      'front: a replica ended; it is started again',
    );
    await onEnd(member.id);
    if (member.wanted) member.timer = setTimeout(() => start(member), inMs);
  };

  const add = (number: number): Member => ({
    ...{ number, id: idOf(number), state: 'ended', since: new Date().toISOString(), process: null, url: null, port: 0 },
    ...{ restarts: 0, ends: 0, startedAt: 0, lastEnd: null, lastSeenAt: 0, wanted: true, requests: new Set() },
    ...{ timer: undefined, gone: Promise.resolve() },
  });

  /** It drains by itself: requests that it holds are answered. */
  const end = (member: Member): void => {
    member.wanted = false;
    if (member.process === null) clearTimeout(member.timer);
    member.process?.kill('SIGTERM');
    const gone = member.gone.finally(() => {
      if (leaving.get(member.number) === gone) leaving.delete(member.number);
    });
    leaving.set(member.number, gone);
  };

  /** A lease is ended by the process that had it: its successor under the same id waits for that. */
  const startAfterPredecessor = (member: Member): void => {
    const predecessor = leaving.get(member.number);
    if (predecessor === undefined) start(member);
    else
      member.gone = predecessor.then(() => {
        if (!member.wanted) return;
        start(member);
        return member.gone;
      });
  };

  return {
    list: () =>
      members.map(({ id, process, url, state, since, restarts, lastEnd }) => ({
        ...{ id, pid: process?.pid ?? null, url, state, since, restarts, lastEnd },
      })),
    hold: (tried) => {
      turn += 1;
      const [best] = members
        .filter(({ id, url, wanted }) => url !== null && wanted && !tried.has(id))
        .sort(
          (a, b) =>
            RANK[a.state] - RANK[b.state] ||
            a.requests.size - b.requests.size ||
            ((a.number + turn) % members.length) - ((b.number + turn) % members.length),
        );
      if (best?.url == null) return null;
      const request = new AbortController();
      best.requests.add(request);
      return {
        id: best.id,
        url: best.url,
        signal: request.signal,
        abort: () => request.abort(),
        doubt: () => {
          if (best.process !== null && best.url !== null) enter(best, 'unreachable');
        },
        release: () => best.requests.delete(request),
      };
    },
    scale: (count) => {
      const kept = members.slice(0, count);
      for (const member of members.slice(count)) end(member);
      const added = Array.from({ length: count - kept.length }, (_, index) => add(kept.length + index + 1));
      members = [...kept, ...added];
      added.forEach(startAfterPredecessor);
    },
    close: async () => {
      members.forEach(end);
      await Promise.all(leaving.values());
    },
  };
};

import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '@graft/artifacts';
import type { Promotion, RegistryEvent } from '@graft/contracts';
import { createWorld } from '../testing/activity-world.js';
import { eventually } from '../testing/eventually.js';
import { createLandingGatherer } from './landing-gatherer.js';
import { listenForLandings } from './landing-listener.js';
import { dispatchPromotions } from './promotion-dispatcher.js';

describe('listenForLandings', () => {
  it('signals the watcher of a dataset once for a burst, and leaves what belongs to none', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    const stopping = new AbortController();
    const { signal } = stopping;
    const gatherer = createLandingGatherer({ ...world, signal, gatherMs: 20 });
    const listening = listenForLandings({ ...world, events: world.landing, gatherer, signal });
    for (let i = 0; i < 100; i += 1) await world.landing.put(`flowers/rose/${i}.png`, Uint8Array.of(i));
    await world.landing.put('unknown/rose/1.png', Uint8Array.of(1));
    await world.landing.put('NO NAME/1.png', Uint8Array.of(1));
    await eventually(() => world.signals.length > 0);
    await world.landing.put('flowers/rose/late.png', Uint8Array.of(1));
    await eventually(() => world.signals.length > 1);
    stopping.abort();
    await listening;
    expect(world.signals).toEqual([
      { dataset: 'flowers', hint: {} },
      { dataset: 'flowers', hint: {} },
    ]);
  });

  it('goes on after a stream that broke, and after a signal that failed', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    const stopping = new AbortController();
    const store = createMemoryStore();
    let streams = 0;
    const signalled: string[] = [];
    const { signal } = stopping;
    const gatherer = createLandingGatherer({
      ...world,
      signal,
      gatherMs: 1,
      watchers: {
        signal: async (dataset) => {
          signalled.push(dataset);
          if (signalled.length === 1) throw new Error('Temporal is away');
        },
      },
    });
    const listening = listenForLandings({
      ...world,
      gatherer,
      signal,
      reconnectMs: 1,
      events: {
        created: (options) => {
          streams += 1;
          if (streams === 1) throw new Error('connection reset');
          return store.created(options);
        },
      },
    });
    await eventually(() => streams === 2);
    await store.put('flowers/rose/1.png', Uint8Array.of(1));
    await eventually(() => signalled.length === 1);
    await store.put('flowers/rose/2.png', Uint8Array.of(1));
    await eventually(() => signalled.length === 2);
    stopping.abort();
    await listening;
  });
});

describe('dispatchPromotions', () => {
  const promotion = (id: string, state: Promotion['state'], createdAt: string): Promotion =>
    ({ id, state, createdAt, model: 'm', version: 1 }) as Promotion;

  it('starts every promotion that is under way, oldest first, on an event and by looking again', async () => {
    const promotions = [
      promotion('b', 'committed', '2026-01-01T00:00:02Z'),
      promotion('a', 'requested', '2026-01-01T00:00:01Z'),
    ];
    const stopping = new AbortController();
    const started: string[] = [];
    const running = new Set<string>();
    let send = (_event: Partial<RegistryEvent>): void => undefined;
    const dispatching = dispatchPromotions({
      logger: createWorld().logger,
      signal: stopping.signal,
      pollMs: 60_000,
      start: async (id) => {
        started.push(id);
        const fresh = !running.has(id);
        running.add(id);
        return fresh;
      },
      registry: {
        listPromotions: async ({ state } = {}) => promotions.filter((each) => each.state === state),
        async *events({ signal }) {
          while (!signal.aborted) {
            yield await new Promise<RegistryEvent>((resolve) => {
              send = (event) => resolve(event as RegistryEvent);
              signal.addEventListener('abort', () => resolve({ kind: 'run' } as RegistryEvent), { once: true });
            });
          }
        },
      },
    });
    await eventually(() => started.length === 2);
    expect(started).toEqual(['a', 'b']);
    promotions.push(
      promotion('c', 'preparing', '2026-01-01T00:00:03Z'),
      promotion('d', 'failed', '2026-01-01T00:00:04Z'),
    );
    send({ kind: 'promotion' });
    await eventually(() => started.includes('c'));
    expect(started).not.toContain('d');
    stopping.abort();
    await dispatching;
  });

  it('looks again after a registry that was away', async () => {
    const stopping = new AbortController();
    let looks = 0;
    const started: string[] = [];
    const dispatching = dispatchPromotions({
      logger: createWorld().logger,
      signal: stopping.signal,
      pollMs: 5,
      start: async (id) => (started.push(id), true),
      registry: {
        listPromotions: async ({ state } = {}) => {
          looks += 1;
          if (looks < 9) throw new Error('connection refused');
          return state === 'requested' ? [promotion('a', 'requested', '2026-01-01T00:00:01Z')] : [];
        },
        events: () => {
          throw new Error('connection refused');
        },
      },
    });
    await eventually(() => started.includes('a'));
    stopping.abort();
    await dispatching;
  });
});

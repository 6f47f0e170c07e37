/** What a front counts: its replicas have the rest, each at its own address. */
import { Counter, createMetrics, Gauge, type Metrics } from '@graft/platform';
import type { ReplicaSet } from './replica-set.js';

export interface FrontMetrics {
  readonly registry: Metrics;
  /** A replica gave no answer: its request went to another, if it could. */
  unanswered(replica: string): void;
}

export const createFrontMetrics = (replicas: ReplicaSet): FrontMetrics => {
  const registry = createMetrics({ service: 'serving-front' });
  const registers = [registry];
  const unanswered = new Counter({
    name: 'graft_front_unanswered_total',
    help: 'Requests that a replica gave no answer to, and that went to another one if they could',
    labelNames: ['replica'] as const,
    registers,
  });
  new Gauge({
    name: 'graft_front_replicas',
    help: 'Replicas by state',
    labelNames: ['state'] as const,
    registers,
    collect() {
      this.reset();
      for (const { state } of replicas.list()) this.inc({ state });
    },
  });
  new Gauge({
    name: 'graft_front_restarts',
    help: 'How often each replica ended by itself and was started again',
    labelNames: ['replica'] as const,
    registers,
    collect() {
      this.reset();
      for (const { id, restarts } of replicas.list()) this.set({ replica: id }, restarts);
    },
  });
  return { registry, unanswered: (replica) => unanswered.inc({ replica }) };
};

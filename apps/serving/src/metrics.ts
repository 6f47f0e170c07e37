/** What a replica counts. */
import { Counter, createMetrics, Gauge, Histogram, type Metrics } from '@graft/platform';
import type { ServingTable } from './replica/serving-table.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface ServingMetrics {
  readonly registry: Metrics;
  request(observed: {
    route: string;
    method: string;
    status: number;
    model: string;
    version: string;
    seconds: number;
  }): void;
  batch(model: string, size: number): void;
  decoded(seconds: number): void;
  swapped(model: string): void;
  kept(why: string): void;
}

/** Models and versions label what was answered by one; a name that a client made up never becomes a label. */
export const createServingMetrics = (table: ServingTable): ServingMetrics => {
  const registry = createMetrics({ service: 'serving' });
  const registers = [registry];
  const requests = new Counter({
    name: 'graft_serving_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status', 'model', 'version'] as const,
    registers,
  });
  const latency = new Histogram({
    name: 'graft_serving_request_duration_seconds',
    help: 'From a request’s first byte to the end of its answer, in seconds',
    labelNames: ['route', 'model'] as const,
    buckets: SECONDS,
    registers,
  });
  const batches = new Histogram({
    name: 'graft_serving_batch_size',
    help: 'Images in one run of a model',
    labelNames: ['model'] as const,
    buckets: [1, 2, 4, 8, 16, 32],
    registers,
  });
  const decoding = new Histogram({
    name: 'graft_serving_decode_duration_seconds',
    help: 'From image bytes to the input tensor, waiting for a free decoder included, in seconds',
    buckets: SECONDS,
    registers,
  });
  const swaps = new Counter({
    name: 'graft_serving_swaps_total',
    help: 'Changes of the version that answers',
    labelNames: ['model'] as const,
    registers,
  });
  const kept = new Counter({
    name: 'graft_serving_kept_images_total',
    help: 'Images of requests that were kept for people to look at',
    labelNames: ['why'] as const,
    registers,
  });
  new Gauge({
    name: 'graft_serving_queue_depth',
    help: 'Images that wait for a run',
    labelNames: ['model', 'version', 'variant'] as const,
    registers,
    collect() {
      this.reset();
      for (const model of table.models()) {
        for (const { version, variant, queueDepth } of table.versions(model)) {
          this.set({ model, version, variant }, queueDepth);
        }
      }
    },
  });
  const position = (name: string, help: string, read: (model: string) => number | undefined): void => {
    new Gauge({
      name,
      help,
      labelNames: ['model'] as const,
      registers,
      collect() {
        this.reset();
        for (const model of table.models()) this.set({ model }, read(model) ?? NaN);
      },
    });
  };
  position('graft_serving_generation', 'The generation that answers', (model) => table.current(model)?.generation);
  position('graft_serving_epoch', 'The epoch of that generation', (model) => table.current(model)?.epoch);
  position('graft_serving_pinned', 'Whether the version that answers was set by hand', (model) =>
    table.current(model)?.pin === undefined ? 0 : 1,
  );
  position('graft_serving_version', 'The version that answers', (model) => table.current(model)?.served.version);

  return {
    registry,
    request: ({ route, method, status, model, version, seconds }) => {
      requests.inc({ route, method, status: String(status), model, version });
      latency.observe({ route, model }, seconds);
    },
    batch: (model, size) => batches.observe({ model }, size),
    decoded: (seconds) => decoding.observe(seconds),
    swapped: (model) => swaps.inc({ model }),
    kept: (why) => kept.inc({ why }),
  };
};

/** Metrics in the Prometheus text format. */
import { collectDefaultMetrics, Registry } from 'prom-client';

/** prom-client's registry: pass it as `registers: [metrics]` to a Counter, Gauge or Histogram. */
export type Metrics = Registry;

/** A registry of its own with the process's default metrics, each labelled with the service. */
export const createMetrics = ({ service }: { service: string }): Metrics => {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metrics });
  return metrics;
};

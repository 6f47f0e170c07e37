/** What the turns of one network in the bench `variants` say. */
import type { CpuClass } from '@graft/platform';
import { judgeTarget, type BenchMeasurement, type BenchReport, type BenchTarget } from './report.js';
import { measureRatio, pairedRatios, quantileOf, spreadOf, type Turns } from './take-turns.js';
import { CONTROL, INT8, type Prepared, type VariantNetwork } from './variants-contestants.js';

/** One network's share of a report. */
export type VariantsPart = Pick<BenchReport, 'measurements' | 'targets'>;

export interface VariantsMeasured {
  readonly network: VariantNetwork;
  readonly prepared: Omit<Prepared, 'folder'>;
  /** In batches, and image by image. */
  readonly turns: Turns;
  readonly singles: Turns;
  readonly about: (name: string) => Readonly<Record<string, unknown>>;
  /** Cosines of each contestant's logits with float32's, one an image. */
  readonly cosines: ReadonlyMap<string, readonly number[]>;
  readonly cpuClass: CpuClass;
}

/** As measurements call a network: which weights it has belongs to what is read. */
const titleOf = ({ network, weights }: VariantNetwork): string =>
  weights === 'random' ? `${network} (random weights)` : network;

const measurement = (name: string, unit: string, values: readonly number[], about = {}): BenchMeasurement => ({
  ...{ name, unit, median: quantileOf(values, 0.5), values, about },
});

const BYTES_IN_MB = 1e6;

const shareTarget = (name: string, share: number, atMost: number): BenchTarget => ({
  ...{ name, ratio: share, spread: null, target: atMost, atMost: true, applies: true },
  met: share <= atMost,
});

/** Speeds, latencies, ratios, sizes and cosines of a network's variants, and the targets among them. */
export const judgeVariants = (measured: VariantsMeasured): VariantsPart => {
  const { network, prepared, turns, singles, about, cosines, cpuClass } = measured;
  const { races, bytesShare } = network;
  const { bytes, macsShare, method, error, layersInFloat } = prepared;
  const title = titleOf(network);
  const spread = spreadOf(pairedRatios(turns, INT8, CONTROL));
  const share = bytes.int8 / bytes.fp32;
  const titled = (part: BenchMeasurement): BenchMeasurement => ({ ...part, name: `${title}: ${part.name}` });
  return {
    measurements: [
      ...[...turns].map(([name, values]) => measurement(name, 'images/s', values, about(name))),
      ...[...singles].map(([name, values]) =>
        measurement(
          `${name}, one image`,
          'ms',
          values.map((perSecond) => 1000 / perSecond),
        ),
      ),
      measureRatio(turns, INT8, CONTROL),
      ...races.map(({ ours, other }) => measureRatio(turns, ours, other)),
      measurement('file of fp32', 'MB', [bytes.fp32 / BYTES_IN_MB]),
      measurement('file of int8', 'MB', [bytes.int8 / BYTES_IN_MB], { share, method, error, layersInFloat }),
      ...(network.macsShare === null
        ? []
        : [measurement('multiply-accumulates of pruned to fp32', 'share', [macsShare])]),
      ...[...cosines].map(([name, values]) => measurement(`logits of ${name} against fp32`, 'cosine', values)),
    ].map(titled),
    targets: [
      ...races.map(({ target: name, targets, ours, other }) =>
        judgeTarget({ name, targets, cpuClass, ratio: measureRatio(turns, ours, other).median, spread }),
      ),
      ...(bytesShare === null ? [] : [shareTarget(bytesShare.target, share, bytesShare.atMost)]),
    ],
  };
};

/** What the turns of the bench `embed` say. */
import type { CpuClass } from '@graft/platform';
import { CONTROL, CONTROL_INT8, OURS, OURS_INT8, peerModes, PLAIN } from './embed-contestants.js';
import { judgeTarget, type BenchMeasurement, type BenchReport, type TargetByClass } from './report.js';
import { fastestOf, measureRatio, pairedRatios, spreadOf, type Turns } from './take-turns.js';

const NO_AVX2 = 'this CPU has no AVX2';

const targets = (avx2: number, newer: number): TargetByClass => ({
  baseline: NO_AVX2,
  avx2,
  'avx512-vnni': newer,
  bf16: newer,
});

/** Ratios to everyone, and the targets among them. */
export const judgeEmbed = (turns: Turns, cpuClass: CpuClass): Pick<BenchReport, 'measurements' | 'targets'> => {
  const peers = Object.keys(peerModes(cpuClass)).filter((name) => turns.has(name));
  const best = fastestOf(turns, peers) ?? PLAIN;
  const races = [
    ...peers.map((peer) => [OURS, peer] as const),
    ...[OURS, ...peers].map((other) => [OURS_INT8, other] as const),
    ...([
      [OURS, CONTROL],
      [OURS_INT8, CONTROL_INT8],
    ] as const),
  ];
  const judge = (name: string, [ours, peer]: readonly [string, string], byClass: TargetByClass) =>
    judgeTarget({
      ...{ name, targets: byClass, cpuClass, ratio: measureRatio(turns, ours, peer).median },
      spread: spreadOf(pairedRatios(turns, ours, ours === OURS ? CONTROL : CONTROL_INT8)),
    });
  return {
    measurements: races.map(([ours, peer]): BenchMeasurement => measureRatio(turns, ours, peer)),
    targets: [
      judge('embed_fp32_vs_pytorch_script', [OURS, PLAIN], targets(3.5, 5)),
      judge('embed_int8_vs_pytorch_script', [OURS_INT8, PLAIN], targets(5, 8)),
      judge('embed_int8_vs_pytorch_best', [OURS_INT8, best], targets(1.2, 1.2)),
    ],
  };
};

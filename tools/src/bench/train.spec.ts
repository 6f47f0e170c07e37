import { describe, expect, it } from '@jest/globals';
import { contestantsFor, controlOf, OURS, OURS_BF16 } from './train-contestants.js';
import { judgeNetwork, NETWORKS } from './train.js';
import type { Turns } from './take-turns.js';

/** Images a second by contestant, the same in each round. */
const turnsOf = (speeds: Readonly<Record<string, number>>): Turns =>
  new Map(Object.entries(speeds).map(([name, speed]) => [name, Array<number>(9).fill(speed)]));

const SPEEDS = {
  'graft float32': 60,
  'graft bfloat16': 90,
  'graft bfloat16 (control)': 90,
  'graft float32 (control)': 60,
  keras: 20,
  'keras without XLA': 50,
  'keras mixed_bfloat16': 75,
  'pytorch eager': 15,
  'pytorch channels_last': 40,
  'pytorch channels_last bf16': 100,
};

const judge = (network: string, cpuClass: 'avx2' | 'bf16') => {
  const found = NETWORKS.find(({ work }) => work.network === network);
  if (found === undefined) throw new Error(`no ${network}`);
  const contestants = contestantsFor(cpuClass);
  const names = new Set(contestants.map(({ name }) => name));
  const turns = turnsOf(Object.fromEntries(Object.entries(SPEEDS).filter(([name]) => names.has(name))));
  return judgeNetwork({ ...found, contestants, turns, about: () => ({}), cpuClass });
};

describe('the bench of training', () => {
  it('compares each precision with its peer, and the plain one with the faster of two', () => {
    const { targets } = judge('resnet18', 'bf16');
    expect(targets.map(({ name, ratio, met }) => ({ name, ratio, met }))).toEqual([
      { name: 'resnet18_fp32_vs_keras', ratio: 1.2, met: true },
      { name: 'resnet18_fp32_vs_pytorch', ratio: 1.5, met: true },
      { name: 'resnet18_bf16_vs_keras_bf16', ratio: 1.2, met: true },
      { name: 'resnet18_bf16_vs_pytorch_bf16', ratio: 0.9, met: false },
    ]);
  });

  it('sets our best precision against the best of all peers', () => {
    const { targets, measurements } = judge('resnet50', 'bf16');
    expect(targets).toMatchObject([{ name: 'resnet50_vs_best_peer', ratio: 0.9, target: 1, met: false, spread: 0 }]);
    expect(measurements.map(({ name }) => name)).toContain('resnet50: graft bfloat16 to pytorch channels_last bf16');
  });

  it('leaves bfloat16 out where the CPU has no unit for it, and says so', () => {
    const { targets } = judge('resnet18', 'avx2');
    expect(targets.filter(({ applies }) => !applies)).toMatchObject([
      { name: 'resnet18_bf16_vs_keras_bf16', reason: 'this CPU has no bfloat16 unit' },
      { name: 'resnet18_bf16_vs_pytorch_bf16', reason: 'this CPU has no bfloat16 unit' },
    ]);
    expect(judge('efficientnet_lite0', 'avx2').targets).toMatchObject([{ ratio: 1.2, met: true }]);
  });

  it('runs a control beside our best', () => {
    expect(contestantsFor('bf16')).toContainEqual(controlOf(OURS_BF16));
    expect(contestantsFor('avx2')).toContainEqual(controlOf(OURS));
  });
});

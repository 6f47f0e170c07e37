import { describe, expect, it } from '@jest/globals';
import { askedOf } from './report.js';
import type { Turns } from './take-turns.js';
import { VARIANT_NETWORKS } from './variants-contestants.js';
import { judgeVariants } from './variants-judge.js';

/** Images a second by contestant, the same in each round. */
const SPEEDS: Readonly<Record<string, number>> = {
  'graft fp32': 100,
  'graft int8': 190,
  'graft int8 (control)': 190,
  'graft pruned': 170,
  'python static QDQ': 200,
};

const judge = (name: string, cpuClass: 'avx2' | 'bf16', int8Bytes = 25) => {
  const network = VARIANT_NETWORKS.find((each) => each.network === name);
  if (network === undefined) throw new Error(`no ${name}`);
  const turns: Turns = new Map(network.contestants.map((each) => [each, Array<number>(9).fill(SPEEDS[each] ?? NaN)]));
  return judgeVariants({
    ...{ network, turns, singles: turns, cpuClass, about: () => ({}), cosines: new Map([['graft int8', [0.9, 1]]]) },
    prepared: {
      ...{ inputSize: 224, bytes: { fp32: 100, int8: int8Bytes }, macsShare: 0.5 },
      ...{ method: 'entropy', error: 0.05, layersInFloat: 0 },
    },
  });
};

describe('the bench of variants', () => {
  it('asks less of eight bits where the CPU has no instruction for them', () => {
    expect(judge('mobilenet_v2', 'bf16').targets).toMatchObject([{ ratio: 1.9, target: 1.8, met: true, spread: 0 }]);
    expect(judge('mobilenet_v2', 'avx2').targets).toMatchObject([{ ratio: 1.9, target: 1.3, met: true }]);
  });

  it("sets ours against float32 and against Python's quantizer", () => {
    expect(judge('efficientnet_lite0', 'bf16').targets).toMatchObject([
      { name: 'lite0_int8_vs_fp32', ratio: 1.9, met: true },
      { name: 'lite0_int8_vs_python_static_qdq', ratio: 0.95, target: 1, met: false },
    ]);
  });

  it('asks for a file of at most a share of the bytes', () => {
    const share = (int8Bytes: number) =>
      judge('resnet18', 'bf16', int8Bytes).targets.find(({ name }) => name === 'resnet18_bytes_share');
    expect(share(25)).toMatchObject({ ratio: 0.25, target: 0.3, met: true });
    expect(share(35)).toMatchObject({ ratio: 0.35, met: false });
    const found = share(25);
    expect(found && askedOf(found)).toBe('≤ 0.3');
  });

  it('sets a pruned network against the whole one', () => {
    expect(judge('resnet18', 'avx2').targets).toContainEqual(
      expect.objectContaining({ name: 'resnet18_pruned_vs_full', ratio: 1.7, target: 1.6, met: true }),
    );
  });

  it('says which networks have random weights, and how long one image takes', () => {
    const { measurements } = judge('resnet18', 'bf16');
    expect(measurements).toContainEqual(
      expect.objectContaining({ name: 'resnet18 (random weights): graft fp32, one image', unit: 'ms', median: 10 }),
    );
    expect(judge('efficientnet_lite0', 'bf16').measurements[0]?.name).toBe('efficientnet_lite0: graft fp32');
  });
});

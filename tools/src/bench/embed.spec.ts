import { describe, expect, it } from '@jest/globals';
import { judgeEmbed } from './embed-judge.js';
import type { Turns } from './take-turns.js';

const SPEEDS = {
  'graft onnxruntime fp32': 100,
  'graft onnxruntime fp32 (control)': 100,
  'graft onnxruntime int8': 200,
  'graft onnxruntime int8 (control)': 200,
  'pytorch eager': 20,
  'pytorch channels_last': 40,
  'pytorch frozen': 50,
  'pytorch channels_last bf16': 80,
  'pytorch frozen bf16': 160,
};

/** Images a second by contestant, the same in each round. */
const turns: Turns = new Map(Object.entries(SPEEDS).map(([name, speed]) => [name, Array<number>(9).fill(speed)]));

describe('the bench of embedding', () => {
  it('sets eight bits against the plain script and against the fastest form of PyTorch', () => {
    expect(judgeEmbed(turns, 'bf16').targets).toMatchObject([
      { name: 'embed_fp32_vs_pytorch_script', ratio: 5, target: 5, met: true, spread: 0 },
      { name: 'embed_int8_vs_pytorch_script', ratio: 10, target: 8, met: true },
      { name: 'embed_int8_vs_pytorch_best', ratio: 1.25, target: 1.2, met: true },
    ]);
  });

  it('leaves bfloat16 out where the CPU has no unit for it, and asks less', () => {
    expect(judgeEmbed(turns, 'avx2').targets).toMatchObject([
      { target: 3.5 },
      { target: 5 },
      { ratio: 4, target: 1.2, met: true },
    ]);
  });
});

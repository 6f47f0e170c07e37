import { describe, expect, it } from '@jest/globals';
import { spread } from './bench-images.js';
import { rowCosines, toFloats } from './compare-features.js';
import { findBench } from './index.js';
import { reasonOf, startLineWorker } from './line-worker.js';
import { judgeTarget, type TargetByClass } from './report.js';
import { pairedRatios, quantileOf, spreadOf, takeTurns } from './take-turns.js';

const worker = (script: string, timeoutMs = 10_000) =>
  startLineWorker({
    name: 'peer',
    command: process.execPath,
    args: ['-e', script],
    env: { ...process.env, NODE_OPTIONS: '' },
    timeoutMs,
  });

const ANSWERING = `
  const say = (message) => console.log(JSON.stringify(message));
  say({ ready: true, about: { threads: 2 } });
  require('node:readline').createInterface({ input: process.stdin })
    .on('line', (line) => say(JSON.parse(line).save ? { saved: true } : { seconds: 0.5, units: 8 }))
    .on('close', () => process.exit(0));`;

describe('a contestant that ends', () => {
  it('is told by its error, without the way there', () => {
    const node =
      'file:///a.js:7\n  throw new AppError();\n  ^\n\nAppError: the addon is not built; run it\n    at load (file:///a.js:7)\n\nNode.js v20';
    expect(reasonOf(node)).toBe('AppError: the addon is not built; run it');
    expect(reasonOf('Traceback:\n  File "a.py"\ntorch.cuda.OutOfMemoryError: no memory\n')).toBe(
      'torch.cuda.OutOfMemoryError: no memory',
    );
    expect(reasonOf('a\nb\nc\nd\n')).toBe('b c d');
    expect(reasonOf('')).toBe('');
  });
});

describe('taking turns', () => {
  it('runs everyone once a round, begins with another one each time, and leaves the warm-up out', async () => {
    const order: string[] = [];
    const contestant = (name: string, seconds: number) => ({
      name,
      round: async () => {
        order.push(name);
        return { seconds, units: 10 };
      },
    });
    const turns = await takeTurns({
      contestants: [contestant('ours', 1), contestant('peer', 4)],
      rounds: 3,
      warmUp: 1,
    });
    expect(order).toEqual(['peer', 'ours', 'ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
    expect(turns.get('ours')).toEqual([10, 10, 10]);
    expect(pairedRatios(turns, 'ours', 'peer')).toEqual([4, 4, 4]);
  });

  it('pairs within a round, so that a slow moment of the machine cancels out', () => {
    const turns = new Map([
      ['ours', [40, 4, 40]],
      ['peer', [10, 1, 10]],
    ]);
    expect(quantileOf(pairedRatios(turns, 'ours', 'peer'), 0.5)).toBe(4);
  });

  it('tells from two identical contestants how far a ratio strays', () => {
    expect(spreadOf([1, 1, 1])).toBe(0);
    expect(spreadOf([0.8, 1, 1, 1, 1, 1, 1, 1, 1.1])).toBeCloseTo(0.04, 10);
  });
});

describe('a target', () => {
  const targets: TargetByClass = { baseline: 'this CPU has no AVX2', avx2: 3.5, 'avx512-vnni': 5, bf16: 5 };
  const judged = { name: 'embed', targets, ratio: 4, spread: 0.1 };

  it('differs by CPU class', () => {
    expect(judgeTarget({ ...judged, cpuClass: 'avx2' })).toMatchObject({ applies: true, met: true, target: 3.5 });
    expect(judgeTarget({ ...judged, cpuClass: 'bf16' })).toMatchObject({ applies: true, met: false, target: 5 });
  });

  it('does not apply where a CPU can not show it, and says why', () => {
    expect(judgeTarget({ ...judged, cpuClass: 'baseline' })).toEqual({
      name: 'embed',
      ratio: null,
      spread: null,
      target: null,
      applies: false,
      met: false,
      reason: 'this CPU has no AVX2',
    });
  });
});

describe('a line worker', () => {
  it('says what it is, answers rounds, and ends when it is closed', async () => {
    const peer = await worker(ANSWERING);
    expect(peer.about).toEqual({ threads: 2 });
    expect(await peer.round()).toEqual({ seconds: 0.5, units: 8 });
    await peer.save('/nowhere');
    await peer.close();
    await expect(peer.round()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tells what a contestant said that could not start', async () => {
    await expect(worker('console.error("no such module"); process.exit(1)')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no such module'),
    });
  });

  it('does not wait for ever', async () => {
    await expect(worker('setInterval(() => {}, 1000)', 200)).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('what contestants made', () => {
  it('is compared row by row', () => {
    const ours = Float32Array.of(1, 0, 0, 2);
    expect(rowCosines(ours, Float32Array.of(2, 0, 0, -1), 2)).toEqual([1, -1]);
    expect(() => rowCosines(ours, Float32Array.of(1, 2), 2)).toThrow('expected two tables of 2 rows');
    expect([...toFloats(new Uint8Array(ours.buffer))]).toEqual([1, 0, 0, 2]);
  });
});

describe('choosing images and benches', () => {
  it('spreads over all files', () => {
    expect(spread(['a', 'b', 'c', 'd', 'e', 'f'], 3)).toEqual(['a', 'c', 'e']);
    expect(spread(['a', 'b'], 5)).toEqual(['a', 'b']);
  });

  it('lists what there is when a name is unknown', () => {
    expect(findBench('embed').name).toBe('embed');
    expect(() => findBench('nothing')).toThrow('there are: embed');
  });
});

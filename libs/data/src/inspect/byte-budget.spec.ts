import { describe, expect, it } from '@jest/globals';
import { createByteBudget } from './byte-budget.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Work that says when it began, and ends when it is told to. */
const jobs = () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    job: (name: string) => () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await turn();
    },
  };
};

describe('createByteBudget', () => {
  it('begins what fits, in the order asked, and the next once there is room', async () => {
    const { begun, job, end } = jobs();
    const budget = createByteBudget(100);
    const done = [
      budget.run(60, job('a')),
      budget.run(50, job('b')),
      // Would fit beside a: but b was first, and would never come to its turn among many small ones.
      budget.run(10, job('c')),
    ];
    await turn();
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('b');
    await end('c');
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c']);
  });
  it('runs alone what asks for more than there is', async () => {
    const { begun, job, end } = jobs();
    const budget = createByteBudget(100);
    const done = [budget.run(1, job('small')), budget.run(1000, job('huge')), budget.run(1, job('after'))];
    await turn();
    expect(begun).toEqual(['small']);
    await end('small');
    expect(begun).toEqual(['small', 'huge']);
    await end('huge');
    expect(begun).toEqual(['small', 'huge', 'after']);
    await end('after');
    await Promise.all(done);
  });
  it('gives back what failed work held', async () => {
    const budget = createByteBudget(100);
    await expect(budget.run(100, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(
      budget.run(100, () => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(await budget.run(100, async () => 'next')).toBe('next');
  });
});

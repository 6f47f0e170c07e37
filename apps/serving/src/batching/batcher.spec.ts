import { describe, expect, it } from '@jest/globals';
import { createBatcher, type BatcherOptions, type Outputs } from './batcher.js';

/** A model of one number an image: it doubles. Runs end when the test says so. */
const createModel = (): { runs: number[]; run: BatcherOptions['run']; finish: () => void; auto: boolean } => {
  const pending: (() => void)[] = [];
  const model = {
    runs: [] as number[],
    auto: true,
    finish: () => pending.shift()?.(),
    run: async (input: Float32Array, batch: number): Promise<Outputs> => {
      model.runs.push(batch);
      if (!model.auto) await new Promise<void>((resolve) => pending.push(resolve));
      return { doubled: input.map((value) => value * 2) };
    },
  };
  return model;
};

const batching = { name: 'doubler', maxBatch: 4, maxDelayMs: 5, maxQueue: 10 };
const soon = (): number => performance.now() + 2_000;
const one = (value: number): { input: Float32Array; batch: number; deadlineAt: number } => ({
  input: Float32Array.of(value),
  batch: 1,
  deadlineAt: soon(),
});
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(() => setImmediate(resolve), 0));

describe('the batcher', () => {
  it('runs together what comes together, and gives each its own rows', async () => {
    const model = createModel();
    const batcher = createBatcher({ ...batching, run: model.run });
    const answers = await Promise.all([
      batcher.submit(one(1)),
      batcher.submit({ input: Float32Array.of(2, 3), batch: 2, deadlineAt: soon() }),
    ]);
    expect(answers.map(({ doubled }) => [...(doubled ?? [])])).toEqual([[2], [4, 6]]);
    expect(model.runs).toEqual([3]);
  });

  it('runs a full batch at once and gathers the next while it runs', async () => {
    const model = createModel();
    model.auto = false;
    const sizes: number[] = [];
    const batcher = createBatcher({
      ...batching,
      maxDelayMs: 1_000,
      run: model.run,
      onBatch: (size) => sizes.push(size),
    });
    const answers = [1, 2, 3, 4, 5, 6].map((value) => batcher.submit(one(value)));
    await tick();
    expect(model.runs).toEqual([4]);
    expect(batcher.depth).toBe(2);
    answers.push(batcher.submit(one(7)), batcher.submit(one(8)));
    model.finish();
    await tick();
    expect(model.runs).toEqual([4, 4]);
    model.finish();
    expect((await Promise.all(answers)).map(({ doubled }) => doubled?.[0])).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
    expect(sizes).toEqual([4, 4]);
    expect(batcher.depth).toBe(0);
  });

  it('runs a request larger than a batch by itself', async () => {
    const model = createModel();
    const batcher = createBatcher({ ...batching, run: model.run });
    const large = batcher.submit({ input: new Float32Array(6).fill(1), batch: 6, deadlineAt: soon() });
    await Promise.all([large, batcher.submit(one(1))]);
    expect(model.runs).toEqual([6, 1]);
  });

  it('refuses what does not fit into the queue, saying when to come again', async () => {
    const model = createModel();
    model.auto = false;
    const batcher = createBatcher({ ...batching, run: model.run });
    const answers = Array.from({ length: 4 + 10 }, (_, index) => batcher.submit(one(index)));
    await expect(batcher.submit(one(99))).rejects.toMatchObject({
      code: 'overloaded',
      details: { retryAfterSeconds: 1 },
    });
    model.auto = true;
    model.finish();
    expect(await Promise.all(answers)).toHaveLength(14);
    await batcher.submit(one(99));
  });

  it('lets go of a request whose deadline passes, waiting or running', async () => {
    const model = createModel();
    model.auto = false;
    const batcher = createBatcher({ ...batching, maxDelayMs: 0, run: model.run });
    const running = batcher.submit({ ...one(1), deadlineAt: performance.now() + 20 });
    await tick();
    const waiting = batcher.submit({ ...one(2), deadlineAt: performance.now() + 20 });
    const patient = batcher.submit(one(3));
    await expect(running).rejects.toMatchObject({ code: 'timeout' });
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' });
    expect(batcher.depth).toBe(1);
    model.auto = true;
    model.finish();
    expect((await patient).doubled?.[0]).toBe(6);
    expect(model.runs).toEqual([1, 1]);
  });

  it('lets go of a request whose client hangs up, and of its place in the queue', async () => {
    const model = createModel();
    model.auto = false;
    const batcher = createBatcher({ ...batching, maxDelayMs: 0, run: model.run });
    const running = batcher.submit(one(1));
    const client = new AbortController();
    await tick();
    const gone = batcher.submit({ ...one(2), signal: client.signal });
    const patient = batcher.submit(one(3));
    expect(batcher.depth).toBe(2);
    client.abort();
    await expect(gone).rejects.toThrow('hung up');
    expect(batcher.depth).toBe(1);
    model.auto = true;
    model.finish();
    expect([(await running).doubled?.[0], (await patient).doubled?.[0]]).toEqual([2, 6]);
    expect(model.runs).toEqual([1, 1]);
    await expect(batcher.submit({ ...one(4), signal: client.signal })).rejects.toThrow('hung up');
    expect(model.runs).toEqual([1, 1]);
  });

  it('does not hold back a lone client, and waits for company once there was some', async () => {
    const model = createModel();
    model.auto = false;
    const batcher = createBatcher({ ...batching, maxDelayMs: 60_000, run: model.run });
    const alone = batcher.submit(one(1));
    await tick();
    expect(model.runs).toEqual([1]);
    const company = batcher.submit(one(2));
    model.finish();
    await alone;
    await tick();
    expect(model.runs).toEqual([1]);
    const more = [3, 4, 5].map((value) => batcher.submit(one(value)));
    expect(model.runs).toEqual([1, 4]);
    model.finish();
    expect(await Promise.all([company, ...more])).toHaveLength(4);
  });

  it('fails a batch alone when its run fails', async () => {
    let failing = true;
    const run: BatcherOptions['run'] = async (input) => {
      if (failing) throw new Error('no memory');
      return { doubled: input };
    };
    const batcher = createBatcher({ ...batching, run });
    await expect(Promise.all([batcher.submit(one(1)), batcher.submit(one(2))])).rejects.toThrow('no memory');
    failing = false;
    expect((await batcher.submit(one(3))).doubled?.[0]).toBe(3);
  });
});

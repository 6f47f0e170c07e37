import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { z } from 'zod';
import { activityErrorInterceptor, toApplicationFailure } from './errors.js';

describe('toApplicationFailure', () => {
  it('keeps code, message and details, and lets Temporal retry what can succeed later', () => {
    const cause = new Error('socket hang up');
    const failure = toApplicationFailure(
      new AppError('unavailable', 'registry is away', { details: { url: 'x' }, cause }),
    );
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false, details: [{ url: 'x' }], cause });
    expect(failure.message).toBe('registry is away');
  });

  it('tells Temporal not to retry what a person has to mend', () => {
    expect(toApplicationFailure(new AppError('dataset_unfit', 'one label'))).toMatchObject({
      type: 'dataset_unfit',
      nonRetryable: true,
      details: [],
    });
  });

  it('calls a defect internal, and a value that misses its schema an invalid request', () => {
    expect(toApplicationFailure(new TypeError('x is undefined'))).toMatchObject({
      type: 'internal',
      nonRetryable: false,
    });
    const misfit = z.object({ runId: z.string() }).safeParse({});
    expect(toApplicationFailure(misfit.error)).toMatchObject({ type: 'invalid_request', nonRetryable: true });
  });

  it('stops retrying a defect at the fifth attempt, and never a server that is away', () => {
    expect(toApplicationFailure(new TypeError('x'), { attempt: 4 })).toMatchObject({ nonRetryable: false });
    expect(toApplicationFailure(new TypeError('x'), { attempt: 5 })).toMatchObject({ nonRetryable: true });
    expect(toApplicationFailure(new AppError('unavailable', 'x'), { attempt: 99 })).toMatchObject({
      nonRetryable: false,
    });
  });

  it('passes on what Temporal throws itself, and leaves out details that JSON cannot hold', () => {
    const cancelled = new CancelledFailure('stop');
    expect(toApplicationFailure(cancelled)).toBe(cancelled);
    expect(toApplicationFailure(new AppError('internal', 'x', { details: { n: 1n } }))).toMatchObject({ details: [] });
  });
});

describe('activityErrorInterceptor', () => {
  const failing = async (signal: AbortSignal, error: unknown): Promise<unknown> =>
    activityErrorInterceptor({ cancellationSignal: signal, info: { attempt: 1 } })
      .inbound.execute({}, () => Promise.reject(error))
      .catch((thrown: unknown) => thrown);

  it('tells an adapter error that a cancellation caused as the cancellation', async () => {
    const abort = new DOMException('aborted', 'AbortError');
    const wrapped = new AppError('unavailable', 'fetch failed', { cause: abort });
    expect(await failing(AbortSignal.abort(), wrapped)).toBeInstanceOf(CancelledFailure);
    expect(await failing(new AbortController().signal, wrapped)).toMatchObject({ type: 'unavailable' });
  });

  it('keeps an error that has nothing to do with the cancellation, and passes results', async () => {
    expect(await failing(AbortSignal.abort(), new AppError('corrupt', 'bad bytes'))).toMatchObject({ type: 'corrupt' });
    const { inbound } = activityErrorInterceptor({
      cancellationSignal: new AbortController().signal,
      info: { attempt: 1 },
    });
    expect(await inbound.execute(2, (value) => Promise.resolve(value * 2))).toBe(4);
  });
});

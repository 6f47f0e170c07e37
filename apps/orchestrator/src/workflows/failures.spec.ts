import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { describe, expect, it } from '@jest/globals';
import { failureCause } from './failures.js';

const failed = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'awaitPrepared', '1', 'TIMEOUT', 'worker', cause);

describe('failureCause', () => {
  it("passes an activity's own timeout on as it was written", () => {
    expect(failureCause(failed(ApplicationFailure.nonRetryable('no live replica', 'timeout')))).toEqual({
      code: 'timeout',
      message: 'no live replica',
    });
  });

  it("names the activity where Temporal's own timeout doesn't", () => {
    const { code, message } = failureCause(failed(new TimeoutFailure('timed out', undefined, 'HEARTBEAT')));
    expect(code).toBe('timeout');
    expect(message).toMatch(/^awaitPrepared: no worker finished in time \(HEARTBEAT\)/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { datasetPolicySchema, type DatasetPolicy } from '@graft/contracts';
import { checkDatasetPolicy } from './dataset-policy.js';

const check = (changed: Partial<DatasetPolicy>, present: Partial<DatasetPolicy> = {}): void =>
  checkDatasetPolicy('pol', datasetPolicySchema.parse({ ...present, ...changed }), changed);

describe('checkDatasetPolicy', () => {
  // Two in each row: a function of more arguments than its row has is given a callback to wait for.
  it.each<[Partial<DatasetPolicy>, Partial<DatasetPolicy>]>([
    [{}, {}],
    [{ testShare: 0.5, valShare: 0.4 }, {}],
    [{ testShare: 0.45, valShare: 0.45 }, {}],
    [{ quietSeconds: 900 }, {}],
    [{ quietSeconds: 86_400, maxWaitSeconds: null }, {}],
    // What was taken before goes on, and other settings can be changed.
    [{ minNewImages: 5 }, { testShare: 0.5, valShare: 0.5, quietSeconds: 100, maxWaitSeconds: 10 }],
  ])('takes %j', (changed, present) => expect(() => check(changed, present)).not.toThrow());

  it.each<[Partial<DatasetPolicy>, Partial<DatasetPolicy>, RegExp]>([
    [{ testShare: 0.5, valShare: 0.5 }, {}, /"pol".*test share of 0.5 and a val share of 0.5.*at most 0.9/],
    [{ valShare: 0.5 }, { testShare: 0.41 }, /0.41 and a val share of 0.5/],
    [{ quietSeconds: 100, maxWaitSeconds: 10 }, {}, /100 quiet seconds.*10 seconds.*--max-wait/],
    [{ quietSeconds: 901 }, {}, /901 quiet seconds.*900 seconds/],
    [{ maxWaitSeconds: 5 }, {}, /10 quiet seconds.*5 seconds/],
  ])('refuses %j on top of %j', (changed, present, message) => {
    expect(() => check(changed, present)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message) }),
    );
  });
});

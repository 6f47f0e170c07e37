import { describe, expect, it } from '@jest/globals';
import { createRequestIds } from './request-id.js';

const payload = {
  ...{ model: 'flowers', version: 3, environment: 'production', epoch: 1, generation: 7, classIndex: 2 },
  at: 1_700_000_000_000,
};

describe('request ids', () => {
  it('carry version, generation, class and time, and are never the same twice', () => {
    const ids = createRequestIds('token');
    const signed = ids.sign(payload);
    expect(ids.verify(signed)).toMatchObject(payload);
    expect(ids.sign(payload)).not.toBe(signed);
    expect(ids.sign({ ...payload, model: 'm'.repeat(63) }).length).toBeLessThan(500);
  });

  it('are refused when changed, or signed with another key', () => {
    const signed = createRequestIds('token').sign(payload);
    const [body = '', signature = ''] = signed.split('.');
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"flowers",3', '"flowers",4'));
    for (const bad of [`${forged.toString('base64url')}.${signature}`, body, `${signed}.x`, '', 'a.b']) {
      expect(() => createRequestIds('token').verify(bad)).toThrow(/not given out/);
    }
    expect(() => createRequestIds('another').verify(signed)).toThrow(/not given out/);
  });
});

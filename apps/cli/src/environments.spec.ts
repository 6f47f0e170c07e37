import { describe, expect, it } from '@jest/globals';
import { tellUnknown } from './environments.js';

describe('tellUnknown', () => {
  it('says nothing of an environment that is known', () => {
    expect(tellUnknown('staging', ['production', 'staging'])).toBeNull();
  });

  it('asks whether a known one was meant, where it is written nearly so', () => {
    expect(tellUnknown('stagin', ['production', 'staging'])).toMatch(/"stagin".*: is it staging\?$/);
  });

  it('names those that there are, otherwise', () => {
    expect(tellUnknown('europe', ['production', 'staging'])).toMatch(/there are production, staging$/);
  });
});

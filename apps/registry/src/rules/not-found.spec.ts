import { describe, expect, it } from '@jest/globals';
import { noSuch } from './not-found.js';

describe('noSuch', () => {
  it.each([
    ['dataset', [], 'no dataset x; there is none yet: ./graft data create x makes it'],
    ['dataset', ['y'], 'no dataset x; there are: y'],
    ['model', [], 'no model x; there is none yet'],
  ])('%s beside %j', (kind, existing, message) => {
    expect(noSuch(kind, 'x', existing)).toMatchObject({ code: 'not_found', message });
  });
});

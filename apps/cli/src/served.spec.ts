import type { Model, Replica } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { servedBy } from './served.js';

const model = {
  name: 'photos',
  champions: {
    staging: { version: 4, variant: 'fp32', generation: 6 },
    production: { version: 3, variant: 'int8', generation: 2 },
  },
} as unknown as Model;
const replica = (environment: string, generation: number, live = true): Replica =>
  ({ environment, live, serving: [{ model: 'photos', epoch: 1, generation }] }) as Replica;

describe('servedBy', () => {
  it('tells each environment apart, and which of its replicas follow', () => {
    const replicas = [
      replica('staging', 6),
      replica('staging', 5),
      replica('production', 3),
      replica('production', 2, false),
    ];
    expect(servedBy([model], replicas)).toEqual([
      {
        ...{ model: 'photos', environment: 'production', version: 3, variant: 'int8', generation: 2 },
        replicas: { following: 1, live: 1 },
      },
      {
        ...{ model: 'photos', environment: 'staging', version: 4, variant: 'fp32', generation: 6 },
        replicas: { following: 1, live: 2 },
      },
    ]);
    expect(servedBy([{ ...model, champions: {} }], replicas)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { tellAnswering } from './commands/classify.js';

describe('what answered', () => {
  it('is a version in a form', () => {
    const answer = { version: 2, variant: 'int8', generation: 3 } as const;
    expect(tellAnswering('insects', [answer, answer])).toBe('answered by insects version 2 (int8), generation 3');
    expect(tellAnswering('insects', [{ version: 2, generation: 3 }])).toBe(
      'answered by insects version 2, generation 3',
    );
  });

  it('is more than one where another was put in place meanwhile', () => {
    const [before, after] = [
      { version: 1, variant: 'fp32', generation: 3 },
      { version: 2, variant: 'int8', generation: 4 },
    ] as const;
    expect(tellAnswering('insects', [before, after])).toBe(
      'answered by insects version 1 (fp32), generation 3; then version 2 (int8), generation 4',
    );
  });
});

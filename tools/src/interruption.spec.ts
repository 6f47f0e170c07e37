import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { INTERRUPTED, restoreWhenInterrupted, sayWhenInterrupted } from './interruption.js';

/** Ctrl-C, without ending the test's own process. */
const interrupt = async (): Promise<void> => void process.emit('SIGINT', 'SIGINT');

describe('Ctrl-C', () => {
  const told: string[] = [];
  const listeners = (): number => process.listenerCount('SIGINT');
  let before: number;

  beforeEach(() => {
    told.length = 0;
    before = listeners();
    jest.spyOn(process, 'exit').mockImplementation((code) => {
      told.push(`exit ${String(code)}`);
      return undefined as never;
    });
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
    expect(listeners()).toBe(before);
  });

  it('puts the terminal in order first, then says the line, and exits once', async () => {
    await sayWhenInterrupted('interrupted: go on', () =>
      restoreWhenInterrupted(() => void told.push('restored'), interrupt),
    );
    expect(told).toEqual(['restored', 'interrupted: go on\n', `exit ${INTERRUPTED}`]);
  });

  it('ends what has nothing to say as well', async () => {
    await restoreWhenInterrupted(() => void told.push('restored'), interrupt);
    expect(told).toEqual(before === 0 ? ['restored', 'exit 130'] : ['restored']);
  });

  it('is not listened for once the work is done, however it ended', async () => {
    await sayWhenInterrupted('no', async () => 1);
    await expect(sayWhenInterrupted('no', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(told).toEqual([]);
  });
});

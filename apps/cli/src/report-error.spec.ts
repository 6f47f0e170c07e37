import { AppError } from '@graft/contracts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

let told: string;
beforeEach(() => {
  told = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** The exit code of a command line that can't be parsed. */
const parse = async (words: readonly string[]): Promise<number> => {
  const json = words.includes('--json');
  try {
    await createProgram({ json }).parseAsync(['node', 'graft', ...words]);
  } catch (thrown) {
    return reportError(thrown, { json, debug: false });
  }
  throw new Error('it was parsed');
};

describe('an error of the command line itself', () => {
  it.each([
    [['runs', 'list', '--limit', 'few'], /option '--limit <n>' argument 'few' is invalid\. expected a whole number/],
    [['runs', 'start', 'photos'], /^required option '--reason <text>' not specified$/],
    [['nonsense'], /^unknown command 'nonsense'$/],
    [['runs', 'list', '--nonsense'], /^unknown option '--nonsense'$/],
    [['data', 'checkout', 'photos'], /^missing required argument 'version'$/],
    [['runs'], /^unknown option '--json'$/],
  ])('is one object with --json: %j', async (words, message) => {
    expect(await parse([...words, '--json'])).toBe(2);
    expect(JSON.parse(told)).toEqual({
      error: { code: 'usage', message: expect.stringMatching(message), details: {} },
    });
  });

  it('is told in words, with a hint, without', async () => {
    expect(await parse(['runs', 'start', 'photos'])).toBe(2);
    expect(told).toContain("error: required option '--reason <text>' not specified\n(--help tells what there is)");
  });
});

describe('an error of a command', () => {
  it('has the exit code of its kind, and is told once', () => {
    const error = new AppError('conflict', 'it is there', { details: { id: 7 } });
    expect(reportError(error, { json: true, debug: false })).toBe(6);
    expect(JSON.parse(told)).toEqual({ error: { code: 'conflict', message: 'it is there', details: { id: 7 } } });
    told = '';
    expect(reportError(error, { json: false, debug: false })).toBe(6);
    expect(told).toBe('error it is there\n');
  });
});

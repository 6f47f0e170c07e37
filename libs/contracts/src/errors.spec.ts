import { describe, expect, it } from '@jest/globals';
import {
  AppError,
  ERROR_CODES,
  ERROR_TRAITS,
  EXIT_CODES,
  exitCodeOf,
  httpStatusOf,
  isErrorCode,
  toAppError,
} from './errors.js';
import { fromProblem, problemSchema, toProblem } from './problem.js';

describe('error codes', () => {
  it.each(ERROR_CODES)('%s has an HTTP status of an error and a documented exit code', (code) => {
    expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
    expect(httpStatusOf(code)).toBeLessThan(600);
    expect(Object.values(EXIT_CODES)).toContain(exitCodeOf(code));
    expect(exitCodeOf(code)).not.toBe(EXIT_CODES.done);
  });

  it('keeps the exit codes that the README documents', () => {
    expect(EXIT_CODES).toEqual({
      ...{ done: 0, failed: 1, usage: 2, refused: 3, notFound: 4, unavailable: 5, conflict: 6 },
      interrupted: 130,
    });
  });

  it('never calls a client error retryable, save for being asked to slow down', () => {
    const retryable = ERROR_CODES.filter((code) => ERROR_TRAITS[code].retryable && httpStatusOf(code) < 500);
    expect(retryable).toEqual(['overloaded']);
  });

  it('knows its own codes and no other', () => {
    expect(isErrorCode('not_found')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode(404)).toBe(false);
  });
});

describe('toAppError', () => {
  it('leaves an AppError as it is and keeps any other error as the cause', () => {
    const known = new AppError('conflict', 'taken');
    expect(toAppError(known)).toBe(known);
    const cause = new TypeError('x is undefined');
    expect(toAppError(cause)).toMatchObject({ code: 'internal', message: 'x is undefined', cause });
    expect(toAppError('text')).toMatchObject({ code: 'internal', message: 'text' });
  });
});

describe('problems', () => {
  it('carry an error over HTTP and back', () => {
    const error = new AppError('not_found', 'no model "wasps"; there are ants, bees', { details: { model: 'wasps' } });
    const back = fromProblem(problemSchema.parse(JSON.parse(JSON.stringify(toProblem(error)))));
    expect(back).toMatchObject({ code: 'not_found', message: error.message, details: { model: 'wasps' } });
  });

  it('name the fields that were wrong', () => {
    const error = fromProblem({
      type: 'about:blank',
      title: 'Invalid request',
      status: 400,
      code: 'invalid_request',
      errors: [{ field: 'body.reason', message: 'too short' }],
    });
    expect(error.message).toBe('reason: too short');
  });

  it('keep the message of a defect from clients', () => {
    const problem = toProblem(new AppError('internal', 'password authentication failed for user graft'));
    expect(JSON.stringify(problem)).not.toContain('password');
    expect(problem.status).toBe(500);
  });
});

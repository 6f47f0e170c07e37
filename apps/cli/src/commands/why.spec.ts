import { describe, expect, it } from '@jest/globals';
import { parseTime } from './why.js';

describe('parseTime', () => {
  it.each([
    ['2026-11-26', '2026-11-26T00:00:00.000Z'],
    ['2026-11-26T14:30', '2026-11-26T14:30:00.000Z'],
    ['2026-11-26 14:30:05Z', '2026-11-26T14:30:05.999Z'],
    ['2026-11-26T14:30:05.000Z', '2026-11-26T14:30:05.000Z'],
    ['2026-11-26T14:30:05.250Z', '2026-11-26T14:30:05.250Z'],
    ['2026-11-26T14:30+02:00', '2026-11-26T12:30:00.000Z'],
  ])('%s, in UTC where no zone is named', (text, moment) => {
    expect(parseTime(text).toISOString()).toBe(moment);
  });
  it.each(['yesterday', '2026', '11', '2026-13-01', '2026-11-26T25:00', ''])('refuses "%s"', (text) => {
    expect(() => parseTime(text)).toThrow(/expects a time such as/);
  });
});

import type { LiveAccuracy, WindowAccuracy } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { formatTable } from '../output.js';
import { liveAccuracyTable, tellBelow, tellLive } from './tell-live-accuracy.js';

const windowOf = (value: number, n: number, isBelow = false): WindowAccuracy => ({
  accuracy: { value, lower: value - 0.1, upper: value + 0.1, n },
  difference: { value: value - 0.9, lower: -0.5, upper: isBelow ? -0.01 : 0.2, n },
  isBelow,
});
const found = (windows: LiveAccuracy['windows']): LiveAccuracy => ({
  ...{ model: 'insects', version: 3, environment: 'production', windows },
  evaluation: { value: 0.9, lower: 0.85, upper: 0.94, n: 200 },
});
const falling = found({ day: windowOf(0.5, 40, true), week: windowOf(0.8, 100), all: windowOf(0.85, 300) });
const fine = found({ day: windowOf(0, 0), week: windowOf(0.88, 50), all: windowOf(0.89, 150) });

describe('live accuracy', () => {
  it('is a table with what each rests on, and a dash where nothing was said', () => {
    const table = formatTable(...liveAccuracyTable([fine]));
    expect(table).toContain('0.890 [0.790–0.990] n=150');
    expect(table).toContain('0.900 [0.850–0.940] n=200');
    expect(table).toMatch(/ 3 +— +0\.880/);
  });

  it('is told to be below the evaluation, by the windows that say so', () => {
    expect(tellBelow([falling, fine])).toEqual([
      'version 3 is significantly below its evaluation (0.900): 24 hours: 0.500 [0.400–0.600] n=40',
    ]);
    expect(tellLive(falling)).toBe(
      'accuracy 0.500 [0.400–0.600] by 40 feedbacks, last 24 hours: significantly below its evaluation',
    );
    expect(tellLive(fine)).toBe('accuracy 0.890 [0.790–0.990] by 150 feedbacks');
  });
});

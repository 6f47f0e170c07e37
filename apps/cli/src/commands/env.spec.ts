import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { toExportLine } from './env.js';

describe('an export line', () => {
  it.each(['plain', 'two words', "it's", '$(touch /tmp/x) `id` "quoted" \\', "''", 'zwei\nZeilen'])(
    'gives a shell %j as it is',
    (value) => {
      const script = `${toExportLine('WORD', value)}\nprintf %s "$WORD"`;
      expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(value);
    },
  );
});

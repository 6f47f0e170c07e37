import { readFile } from 'node:fs/promises';
import { QUARANTINE_REASONS } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';

const DOCUMENT = new URL('../../../docs/data.md', import.meta.url);

describe('reasons to leave an image out', () => {
  it('are those that the tables of docs/data.md list', async () => {
    const text = await readFile(DOCUMENT, 'utf8');
    const section = text.split(/^## /m).find((each) => each.startsWith('What is looked at')) ?? '';
    const listed = [...section.matchAll(/^\|.*\| `(\w+)` *\|$/gm)].map(([, reason]) => reason);
    expect(listed.sort()).toEqual([...QUARANTINE_REASONS].sort());
  });
});

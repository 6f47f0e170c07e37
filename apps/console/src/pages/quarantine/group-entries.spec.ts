import type { QuarantineEntry } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { groupEntries } from './group-entries.js';

const entry = (key: string, reason: QuarantineEntry['reason'], image?: { label: string; picture: string }) =>
  ({
    ...{ key, reason, etag: 'e', sha256: null, detail: '' },
    ...(image === undefined ? {} : { image: { label: image.label, pixelSha256: image.picture } }),
  }) as QuarantineEntry;

describe('groupEntries', () => {
  it('puts the sides of a conflict together, each label once', () => {
    const sides = [
      entry('a', 'label_conflict', { label: 'ants', picture: 'p' }),
      entry('c', 'label_conflict', { label: 'bees', picture: 'p' }),
      entry('d', 'label_conflict', { label: 'ants', picture: 'p' }),
    ];
    const lone = entry('e', 'label_conflict', { label: 'bees', picture: 'q' });
    const { conflicts, others } = groupEntries([...sides, entry('b', 'empty_file'), lone]);
    expect(conflicts).toEqual([
      { picture: 'p', entries: sides, labels: ['ants', 'bees'] },
      { picture: 'q', entries: [lone], labels: ['bees'] },
    ]);
    expect(others.map(({ key }) => key)).toEqual(['b']);
  });
});

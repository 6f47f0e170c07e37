import { describe, expect, it } from '@jest/globals';
import { parseManifestFile, type ManifestFile } from './manifest-file.js';

const parse = (name: string, text: string): ManifestFile =>
  parseManifestFile({ name, bytes: new TextEncoder().encode(text) });
const rowsOf = ({ rows }: ManifestFile): unknown => Object.fromEntries(rows);

const ROW = { group: null, split: null, source: null };

describe('a manifest as CSV', () => {
  it('is read by its header, with a byte order mark, CRLF, quotes, and other columns', () => {
    const manifest = parse(
      'manifest.csv',
      '\ufeffFile,label,camera,group,split,source\r\n' +
        '"a, b.jpg","Food ""&"" Drink",7,g1,train,site\r\n' +
        '\r\n' +
        'sub/cafe\u0301.jpg,caf\u00e9,8,,Test,\r\n',
    );
    expect(rowsOf(manifest)).toEqual({
      'a, b.jpg': { label: 'Food "&" Drink', group: 'g1', split: 'train', source: 'site', line: 2 },
      'sub/caf\u00e9.jpg': { ...ROW, label: 'caf\u00e9', split: 'test', line: 4 },
    });
    expect(manifest.unknown).toEqual(['camera']);
    expect(manifest.problems).toEqual([]);
  });

  it('tells of rows that cannot be used by their line, and takes the rest', () => {
    const manifest = parse(
      'manifest.csv',
      ['file,label,split,group,source', 'a.jpg,ants', ',ants,,,', 'b.jpg,,,,', 'c.jpg,a/b,,,', 'd.jpg,ants,dev,,']
        .concat(['../e.jpg,ants,,,', `f.jpg,ants,,${'g'.repeat(201)},`, 'g.jpg,ants,,,__proto__', 'h.jpg,ants,,,'])
        .join('\n'),
    );
    expect(rowsOf(manifest)).toEqual({ 'h.jpg': { ...ROW, label: 'ants', line: 10 } });
    expect(manifest.problems).toEqual([
      { line: 2, path: 'a.jpg', detail: 'it has 2 fields, the first line names 5' },
      { line: 3, path: null, detail: 'it names no file' },
      { line: 4, path: 'b.jpg', detail: 'it gives b.jpg no label' },
      { line: 5, path: 'c.jpg', detail: '"a/b" can\'t be a label: a label holds no slash and no control character' },
      { line: 6, path: 'd.jpg', detail: 'the split "dev" is none of train, val and test' },
      { line: 7, path: null, detail: 'the file "../e.jpg" can\'t be taken: its name leads out of its folder' },
      { line: 8, path: 'f.jpg', detail: 'its group is longer than 200 characters' },
      { line: 9, path: 'g.jpg', detail: "its source can't be used" },
    ]);
    expect([...manifest.refused.keys()]).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'f.jpg', 'g.jpg']);
    expect(manifest.refused.get('d.jpg')).toBe('line 6: the split "dev" is none of train, val and test');
  });

  it('gives labels in their normal form, and takes none that begins like a batch or shows nothing', () => {
    const text = 'file,label\na.jpg," wild\u200b  bees "\nb.jpg,@may\nc.jpg,"\u200b"\nd.jpg,\u2060@may\n';
    const { rows, problems } = parse('manifest.csv', text);
    expect([...rows].map(([path, { label }]) => [path, label])).toEqual([['a.jpg', 'wild bees']]);
    expect(problems.map(({ path, detail }) => [path, detail])).toEqual([
      ['b.jpg', expect.stringContaining('which only batches do')],
      ['c.jpg', expect.stringContaining('it shows nothing')],
      ['d.jpg', expect.stringContaining('which only batches do')],
    ]);
  });

  it('takes a file that one row can be used of', () => {
    const { rows, refused, problems } = parse('manifest.csv', 'file,label\na.jpg,\na.jpg,ants\n');
    expect([...rows.keys()]).toEqual(['a.jpg']);
    expect(refused.size).toBe(0);
    expect(problems).toMatchObject([{ line: 2, path: 'a.jpg' }]);
  });

  it('takes none of two rows that disagree on a file, and one of two that agree', () => {
    const manifest = parse(
      'manifest.csv',
      'file,label\na.jpg,ants\nb.jpg,bees\na.jpg,bees\nb.jpg,bees\n./b.jpg,bees\n',
    );
    expect(rowsOf(manifest)).toEqual({ 'b.jpg': { ...ROW, label: 'bees', line: 3 } });
    expect([...manifest.refused.keys()]).toEqual(['a.jpg']);
    expect(manifest.problems).toEqual([
      { line: 4, path: 'a.jpg', detail: 'a.jpg is named on line 2 too, and they disagree: neither counts' },
    ]);
  });

  it('names the first thousand of the lines that cannot be used', () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `${i}.jpg,`).join('\n');
    expect(parse('manifest.csv', `file,label\n${lines}`).problems).toHaveLength(1000);
  });

  it.each([
    ['nothing', '', 'line 1'],
    ['no header', 'a.jpg,ants\n', 'line 1: its first line has to name the columns'],
    ['a column twice', 'file,label,label\n', 'a column twice'],
    ['an open quote', 'file,label\na.jpg,ants\n"b.jpg,ants\n', 'it is no CSV'],
    ['a row without end', `file,label\n${'x'.repeat(20_000)},ants\n`, 'it is no CSV'],
  ])('is refused as a whole with %s', (_, text, message) => {
    expect(() => parse('manifest.csv', text)).toThrow(
      expect.objectContaining({
        code: 'image_unfit',
        details: { reason: 'manifest_unfit' },
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe('a manifest as JSON Lines', () => {
  it('is read line by line, and tells of lines that cannot be used', () => {
    const manifest = parse(
      'manifest.jsonl',
      [
        '{"file":"a.jpg","label":"ants","split":null,"width":7}',
        '',
        '{"file":"b.jpg",',
        '[1]',
        '{"label":4,"file":"c.jpg"}',
        '{"file":"__proto__","label":"ants","group":"g","source":"s"}',
      ].join('\r\n'),
    );
    expect([...manifest.rows]).toEqual([
      ['a.jpg', { ...ROW, label: 'ants', line: 1 }],
      ['__proto__', { ...ROW, label: 'ants', group: 'g', source: 's', line: 6 }],
    ]);
    expect(manifest.unknown).toEqual(['width']);
    expect(manifest.problems).toEqual([
      { line: 3, path: null, detail: 'it is no JSON' },
      { line: 4, path: null, detail: 'it is no JSON object' },
      { line: 5, path: 'c.jpg', detail: '"label" is no string' },
    ]);
  });
});

it('is refused when it is not UTF-8', () => {
  const act = (): unknown => parseManifestFile({ name: 'manifest.csv', bytes: Uint8Array.of(0x66, 0xff, 0xfe) });
  expect(act).toThrow(expect.objectContaining({ details: { reason: 'manifest_unfit' } }));
});

import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { tellSource, withArchive, type Told } from '../spec-support/sources.js';
import { makeTar, resumHeader } from '../spec-support/tar.js';
import { makeZip } from '../spec-support/zip.js';
import type { SourceLimits } from './source.js';

const tell = (bytes: Uint8Array, limits?: Partial<SourceLimits>): Promise<Told> =>
  withArchive(bytes, tellSource, limits);
const refusals = ({ refused }: Told): Record<string, string> =>
  Object.fromEntries(refused.map(({ path, reason, detail }) => [path, `${reason}: ${detail}`]));
const unfit = (message: string) => ({
  code: 'image_unfit',
  details: { reason: 'archive_unfit' },
  message: expect.stringContaining(message),
});

const HOSTILE_NAMES: readonly [string, string][] = [
  ['../escape.jpg', 'leads out of its folder'],
  ['ants/../../escape.jpg', 'leads out of its folder'],
  ['/etc/passwd', 'absolute'],
  ['C:/windows/x.jpg', 'absolute'],
  ['ants\\..\\x.jpg', 'backslash'],
  ['ants/a\u0001b.jpg', 'control character'],
  ['ants//x.jpg', 'has none'],
  [`ants/${'x'.repeat(4000)}.jpg`, 'longer than 1024 bytes'],
];

describe('a zip archive', () => {
  it('gives its files, stored and deflated, by their names in NFC', async () => {
    const told = await tell(
      makeZip([
        { name: './', mode: 0o040755 },
        { name: 'ants/', mode: 0o040755 },
        { name: 'ants/a.jpg', bytes: 'a' },
        { name: 'cafe\u0301/蟻 🐜.jpg', bytes: 'b', stored: true },
        { name: 'empty.jpg' },
      ]),
    );
    expect(told).toEqual({
      files: { 'ants/a.jpg': 'a', 'caf\u00e9/蟻 🐜.jpg': 'b', 'empty.jpg': '' },
      folders: ['ants'],
      refused: [],
    });
  });

  it('reads names that are not marked as UTF-8 as what they are', async () => {
    const marked = makeZip([
      { name: Buffer.from('caf\u00e9/1.jpg'), flags: 0, bytes: 'mac' },
      { name: Uint8Array.of(0x63, 0x61, 0x66, 0x82, 0x2f, 0x32), flags: 0, bytes: 'dos' },
    ]);
    expect((await tell(marked)).files).toEqual({ 'caf\u00e9/1.jpg': 'mac', 'caf\u00e9/2': 'dos' });
  });

  it('reads zip64', async () => {
    const zip = makeZip(
      [
        { name: 'ants/a.jpg', bytes: 'a', zip64: true },
        { name: 'bees/b.jpg', bytes: 'b' },
      ],
      { zip64: true },
    );
    expect((await tell(zip)).files).toEqual({ 'ants/a.jpg': 'a', 'bees/b.jpg': 'b' });
  });

  it('refuses names that lead elsewhere, one by one, and reads the rest', async () => {
    const zip = makeZip([
      ...HOSTILE_NAMES.map(([name]) => ({ name, bytes: 'x' })),
      { name: 'ants/nul\u0000.jpg', bytes: 'x' },
      { name: 'ants/good.jpg', bytes: 'good' },
    ]);
    const told = await tell(zip);
    expect(told.files).toEqual({ 'ants/good.jpg': 'good' });
    expect(told.refused).toHaveLength(HOSTILE_NAMES.length + 1);
    for (const [index, [, why]] of HOSTILE_NAMES.entries()) {
      expect(told.refused[index]).toMatchObject({ reason: 'unexpected_key', detail: expect.stringContaining(why) });
    }
  });

  it('refuses links, devices, encrypted files and unknown methods', async () => {
    const told = await tell(
      makeZip([
        { name: 'link', bytes: '/etc/passwd', mode: 0o120777 },
        { name: 'device', mode: 0o020666 },
        { name: 'secret', bytes: 'x', flags: 0x801 },
        { name: 'lzma', bytes: 'x', says: { method: 14 } },
      ]),
    );
    expect(told.files).toEqual({});
    expect(refusals(told)).toEqual({
      link: 'archive_unfit: it is a link or a device, not a file',
      device: 'archive_unfit: it is a link or a device, not a file',
      secret: 'archive_unfit: it is encrypted',
      lzma: 'archive_unfit: it is packed by method 14; stored and deflated are read',
    });
  });

  it('refuses files that are not what the directory says, and reads the rest', async () => {
    const told = await tell(
      makeZip([
        { name: 'sum', bytes: 'x', says: { crc32: 7 } },
        { name: 'less', bytes: 'four', says: { uncompressedSize: 9 } },
        { name: 'more', bytes: 'four', says: { uncompressedSize: 2 } },
        { name: 'stored', bytes: 'four', stored: true, says: { uncompressedSize: 2 } },
        { name: 'good', bytes: 'good' },
      ]),
    );
    expect(told.files).toEqual({ good: 'good' });
    expect(refusals(told)).toEqual({
      sum: expect.stringContaining('checksum'),
      less: expect.stringContaining('fewer bytes than it says'),
      more: expect.stringContaining('more bytes than it says'),
      stored: expect.stringContaining('more bytes than it says'),
    });
  });

  it('reads nothing of a file above the limit', async () => {
    const told = await tell(makeZip([{ name: 'a', bytes: 'x'.repeat(11) }]), { maxEntryBytes: 10 });
    expect(refusals(told)).toEqual({ a: 'too_many_bytes: it has 11 bytes, at most 10 are taken' });
  });

  it('stops inflating a bomb, however small each of its files is', async () => {
    const bomb = makeZip(Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, bytes: Buffer.alloc(8 * 1024 ** 2) })));
    expect(bomb.length).toBeLessThan(200_000);
    const told = await tell(bomb);
    expect(Object.keys(told.files)).toHaveLength(8);
    expect(told.refused).toHaveLength(4);
    expect(told.refused[0]).toMatchObject({ reason: 'archive_unfit', detail: expect.stringContaining('inflates to') });
  });

  it('refuses overlapping entries as a whole', async () => {
    const zip = makeZip([
      { name: '0', bytes: Buffer.from(Array.from({ length: 900 }, (_, i) => (i * 7919) % 251)) },
      ...Array.from({ length: 9 }, (_, i) => ({ name: `${i + 1}`, sameDataAs: 0 })),
    ]);
    await expect(tell(zip)).rejects.toMatchObject(unfit('overlap'));
  });

  it('refuses more entries than allowed before it reads any', async () => {
    const zip = makeZip(Array.from({ length: 5 }, (_, i) => ({ name: `${i}` })));
    await expect(tell(zip, { maxEntries: 4 })).rejects.toMatchObject(unfit('more than 4 entries'));
  });

  it.each([
    ['its directory cut off', (zip: Buffer) => zip.subarray(0, zip.length - 30)],
    ['its first half missing', (zip: Buffer) => zip.subarray(zip.length / 2)],
    [
      'a directory that is no directory',
      (zip: Buffer) => {
        zip.fill(0, zip.indexOf('PK\x01\x02'), zip.indexOf('PK\x01\x02') + 4);
        return zip;
      },
    ],
  ])('with %s is one clear error', async (_, damage) => {
    const zip = makeZip([
      { name: 'ants/a.jpg', bytes: 'a' },
      { name: 'ants/b.jpg', bytes: 'b' },
    ]);
    await expect(tell(damage(zip))).rejects.toMatchObject(unfit('the archive'));
  });

  it('whose offsets no file can have is one clear error', async () => {
    const zip = makeZip([{ name: 'ants/a.jpg', bytes: 'a', zip64: true }], { zip64: true });
    // Where the zip64 end record lies, as its locator says.
    const beyond = Buffer.from(zip);
    beyond.fill(0xff, zip.indexOf('PK\x06\x07') + 8, zip.indexOf('PK\x06\x07') + 16);
    await expect(tell(beyond)).rejects.toMatchObject(unfit('the archive'));
    // Where the file's own header lies, as the directory says.
    const header = Buffer.from(zip);
    const directory = zip.indexOf('PK\x01\x02');
    header.fill(0xff, directory + 46 + 'ants/a.jpg'.length + 4 + 16, directory + 46 + 'ants/a.jpg'.length + 4 + 24);
    expect((await tell(header)).refused).toMatchObject([{ path: 'ants/a.jpg', reason: 'archive_unfit' }]);
  });

  it('takes an archive within for one more file', async () => {
    const inner = makeZip([{ name: 'x', bytes: 'x' }]);
    expect(Object.keys((await tell(makeZip([{ name: 'inner.zip', bytes: inner }]))).files)).toEqual(['inner.zip']);
  });
});

describe.each([
  ['a tar archive', (tar: Buffer) => tar],
  ['a gzipped tar archive', (tar: Buffer) => gzipSync(tar)],
])('%s', (_, pack) => {
  it('gives its files in order, with long and Unicode names', async () => {
    const long = `ants/${'long '.repeat(60)}.jpg`;
    const told = await tell(
      pack(
        await makeTar([
          { name: './', type: 'directory' },
          { name: './ants/', type: 'directory' },
          { name: './ants/a.jpg', bytes: 'a' },
          { name: long, bytes: 'b' },
          { name: 'cafe\u0301/🐜.jpg', bytes: 'c' },
          { name: 'empty.jpg' },
        ]),
      ),
    );
    expect(told).toEqual({
      files: { 'ants/a.jpg': 'a', [long]: 'b', 'caf\u00e9/🐜.jpg': 'c', 'empty.jpg': '' },
      folders: ['ants'],
      refused: [],
    });
  });

  it('can be read again, and left in the middle', async () => {
    const tar = pack(
      await makeTar([{ name: 'a', bytes: 'a' }, { name: 'b', bytes: 'b'.repeat(200_000) }, { name: 'c' }]),
    );
    await withArchive(tar, async (source) => {
      for await (const entry of source.entries()) if (entry.path === 'b') break;
      const paths: string[] = [];
      for await (const entry of source.entries()) paths.push(entry.path);
      expect(paths).toEqual(['a', 'b', 'c']);
      expect(Object.keys((await tellSource(source)).files)).toEqual(['a', 'b', 'c']);
    });
  });

  it('refuses names that lead elsewhere, links and devices, one by one', async () => {
    const told = await tell(
      pack(
        await makeTar([
          ...HOSTILE_NAMES.map(([name]) => ({ name, bytes: 'x' })),
          { name: 'soft', type: 'symlink', linkname: '/etc/passwd' },
          { name: 'hard', type: 'link', linkname: 'good' },
          { name: 'null', type: 'character-device' },
          { name: 'pipe', type: 'fifo' },
          { name: 'good', bytes: 'good' },
        ]),
      ),
    );
    expect(told.files).toEqual({ good: 'good' });
    expect(told.refused).toHaveLength(HOSTILE_NAMES.length + 4);
    for (const [index, [, why]] of HOSTILE_NAMES.entries()) {
      expect(told.refused[index]).toMatchObject({ reason: 'unexpected_key', detail: expect.stringContaining(why) });
    }
    expect(refusals(told)).toMatchObject({
      soft: 'archive_unfit: it is a symbolic link, not a file',
      hard: 'archive_unfit: it is a hard link, not a file',
      null: 'archive_unfit: it is a device, not a file',
      pipe: 'archive_unfit: it is a pipe, not a file',
    });
  });

  it('reads nothing of a file above the limit, and goes on after it', async () => {
    const tar = await makeTar([
      { name: 'large', bytes: 'x'.repeat(300_000) },
      { name: 'good', bytes: 'good' },
    ]);
    const told = await tell(pack(tar), { maxEntryBytes: 10 });
    expect(told.files).toEqual({ good: 'good' });
    expect(refusals(told)).toEqual({ large: 'too_many_bytes: it has 300000 bytes, at most 10 are taken' });
  });

  it('that ends too early, or says sizes that are not so, is one clear error', async () => {
    const tar = await makeTar([
      { name: 'a', bytes: 'a'.repeat(5000) },
      { name: 'b', bytes: 'b' },
    ]);
    await expect(tell(pack(tar.subarray(0, 3000)))).rejects.toMatchObject(unfit('the archive'));
    const lying = Buffer.from(tar);
    lying.write('00000000100\0', 124, 'latin1');
    await expect(tell(pack(resumHeader(lying, 0)))).rejects.toMatchObject(unfit('the archive'));
    const huge = Buffer.from(tar);
    huge.write('77777777777\0', 124, 'latin1');
    await expect(tell(pack(resumHeader(huge, 0)))).rejects.toMatchObject(unfit('the archive'));
  });

  it('with more entries than allowed is refused', async () => {
    const tar = await makeTar(Array.from({ length: 5 }, (_, i) => ({ name: `${i}` })));
    await expect(tell(pack(tar), { maxEntries: 4 })).rejects.toMatchObject(unfit('more than 4 entries'));
  });
});

it('refuses a gzip that is cut off, and one that inflates without end', async () => {
  const tar = await makeTar([{ name: 'a', bytes: Buffer.alloc(70 * 1024 ** 2) }]);
  const gzip = gzipSync(tar);
  await expect(tell(gzip)).rejects.toMatchObject(unfit('inflates to more than'));
  await expect(tell(gzipSync(await makeTar([{ name: 'a', bytes: 'a' }])).subarray(0, 40))).rejects.toMatchObject(
    unfit('the archive'),
  );
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['a text', Buffer.from('hello '.repeat(200))],
])('refuses %s as an archive', async (_, bytes) => {
  await expect(tell(bytes)).rejects.toMatchObject(unfit('no zip, tar or gzipped tar'));
});

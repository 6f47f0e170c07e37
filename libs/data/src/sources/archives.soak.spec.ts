/** Archives as an attacker, or a careless exporter, makes them: a million entries, and a minute of mutated ones. */
import { randomInt } from 'node:crypto';
import { copyFile, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { parseLandingKey } from '../landing-key.js';
import { makeTar } from '../spec-support/tar.js';
import { makeZip, type ZipMember } from '../spec-support/zip.js';
import { landSource, type LandedSource } from './land-source.js';
import { openArchive } from './open-archive.js';
import type { SourceRefusal } from './source.js';
import { surveySource } from './survey-source.js';
import { createRandom } from '../random.js';

const FUZZ_MS = 60_000;
const HANGS_MS = 30_000;
const MIB = 1024 ** 2;

/** Lands an archive into nothing; each key it comes to is handed over. */
const land = async (
  path: string,
  onKey: (key: string, bytes: Uint8Array) => void,
  onRefused: (refusal: SourceRefusal) => void = () => {},
): Promise<LandedSource> => {
  const source = await openArchive({ path });
  try {
    const survey = await surveySource(source);
    const put = async ({ key, bytes }: { key: string; bytes: Uint8Array }): Promise<'uploaded'> => {
      onKey(key, bytes);
      return 'uploaded';
    };
    return await landSource({ source, survey, target: { put }, place: { dataset: 'd' }, onRefused });
  } finally {
    await source.close();
  }
};

/** A zip64 of stored one-byte files, written in pieces: `<label>/<number>.jpg`. */
const writeLargeZip = async (path: string, entries: number): Promise<void> => {
  const file = await open(path, 'w');
  let size = 0;
  const offsets = new Float64Array(entries);
  const write = async (part: Buffer): Promise<void> => {
    await file.write(part);
    size += part.length;
  };
  // Of the one byte 'x'.
  const sum = 0x8cdc1683;
  const nameOf = (index: number): Buffer => Buffer.from(`label-${index % 10}/${index}.jpg`);
  const PIECE = 10_000;
  for (let from = 0; from < entries; from += PIECE) {
    const parts: Buffer[] = [];
    let offset = size;
    for (let index = from; index < Math.min(entries, from + PIECE); index += 1) {
      const name = nameOf(index);
      const header = Buffer.alloc(31 + name.length);
      header.writeUInt32LE(0x04034b50, 0);
      header.writeUInt16LE(20, 4);
      header.writeUInt16LE(0x800, 6);
      header.writeUInt32LE(sum, 14);
      header.writeUInt32LE(1, 18);
      header.writeUInt32LE(1, 22);
      header.writeUInt16LE(name.length, 26);
      name.copy(header, 30);
      header[header.length - 1] = 0x78;
      offsets[index] = offset;
      offset += header.length;
      parts.push(header);
    }
    await write(Buffer.concat(parts));
  }
  const start = size;
  for (let from = 0; from < entries; from += PIECE) {
    const parts: Buffer[] = [];
    for (let index = from; index < Math.min(entries, from + PIECE); index += 1) {
      const name = nameOf(index);
      const record = Buffer.alloc(46 + name.length);
      record.writeUInt32LE(0x02014b50, 0);
      record.writeUInt16LE((3 << 8) | 20, 4);
      record.writeUInt16LE(20, 6);
      record.writeUInt16LE(0x800, 8);
      record.writeUInt32LE(sum, 16);
      record.writeUInt32LE(1, 20);
      record.writeUInt32LE(1, 24);
      record.writeUInt16LE(name.length, 28);
      record.writeUInt32LE((0o100644 << 16) >>> 0, 38);
      record.writeUInt32LE(offsets[index] ?? 0, 42);
      name.copy(record, 46);
      parts.push(record);
    }
    await write(Buffer.concat(parts));
  }
  const end = Buffer.alloc(56 + 20 + 22);
  const length = size - start;
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(entries), at);
  end.writeBigUInt64LE(BigInt(length), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(size), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  for (const at of [84, 86]) end.writeUInt16LE(0xffff, at);
  for (const at of [88, 92]) end.writeUInt32LE(0xffffffff, at);
  await write(end);
  await file.close();
};

describe('a zip of a million entries', () => {
  it('is landed whole, in memory that does not grow with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graft-archive-soak-'));
    try {
      const path = join(folder, 'large.zip');
      const entries = 1_000_000;
      await writeLargeZip(path, entries);
      const before = process.memoryUsage.rss();
      let most = before;
      let keys = 0;
      const landed = await land(path, () => {
        keys += 1;
        if (keys % 10_000 === 0) most = Math.max(most, process.memoryUsage.rss());
      });
      console.info(`a million entries: ${Math.round((most - before) / MIB)} MiB more than before`);
      expect(landed).toMatchObject({ uploaded: entries, refused: 0, bytes: entries });
      expect(landed.labels).toHaveLength(10);
      // Of each name, a digest of 16 bytes is kept, to find those that are there twice.
      expect((most - before) / MIB).toBeLessThan(400);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 1_200_000);
});

const mutate = (bytes: Buffer, random: () => number): Buffer => {
  const copy = Buffer.from(bytes);
  const at = (): number => Math.floor(random() * copy.length);
  switch (Math.floor(random() * 6)) {
    case 0:
      return copy.subarray(0, at());
    case 1:
      return copy.subarray(at());
    case 2: {
      const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
      return Buffer.concat([copy.subarray(0, to), copy.subarray(from)]);
    }
    case 3:
      copy.fill(Math.floor(random() * 256), at(), Math.min(copy.length, at() + 16));
      return copy;
    case 4: {
      // Numbers are little-endian in a zip, and what limits are about.
      const where = Math.max(0, Math.min(copy.length - 4, at()));
      if (copy.length >= 4) copy.writeUInt32LE([0, 1, 0x7fffffff, 0xffffffff][Math.floor(random() * 4)] ?? 0, where);
      return copy;
    }
    default:
      for (let flips = 1 + Math.floor(random() * 12); flips > 0; flips -= 1) copy[at()] = Math.floor(random() * 256);
      return copy;
  }
};

const seedArchives = async (): Promise<Buffer[]> => {
  const manifest = 'file,label,group,split,source\nraw/1.jpg,ants,g,train,s\nraw/2.jpg,bees,,,\n';
  const members: ZipMember[] = [
    { name: 'photos/', mode: 0o040755 },
    { name: 'photos/train/ants/1.jpg', bytes: 'one '.repeat(500) },
    { name: 'photos/train/ants/2.jpg', bytes: 'two', stored: true },
    { name: 'photos/test/b\u00e9es 蜂/3.jpg', bytes: Buffer.from(Array.from({ length: 2000 }, (_, i) => i % 251)) },
    { name: 'photos/link', bytes: '/etc/passwd', mode: 0o120777 },
  ];
  const named = [
    { name: 'raw/1.jpg', bytes: 'one' },
    { name: 'raw/2.jpg', bytes: 'two' },
    { name: 'manifest.csv', bytes: manifest },
  ];
  const tar = await makeTar([
    { name: './photos/', type: 'directory' },
    { name: './photos/train/ants/1.jpg', bytes: 'one '.repeat(500) },
    { name: `./photos/train/ants/${'long '.repeat(50)}.jpg`, bytes: 'two' },
    { name: './photos/link', type: 'symlink', linkname: '/etc/passwd' },
  ]);
  return [
    makeZip(members),
    makeZip(
      members.map((member) => ({ ...member, zip64: true })),
      { zip64: true },
    ),
    makeZip(named),
    tar,
    gzipSync(tar),
    await makeTar(named),
  ];
};

describe('mutated archives', () => {
  it(
    'end in keys of the landing zone or in reasons, and never in anything else',
    async () => {
      const seed = Number(process.env['GRAFT_FUZZ_SEED'] ?? randomInt(1, 2 ** 31));
      console.info(`mutating archives: GRAFT_FUZZ_SEED=${seed} makes the same ones`);
      const random = createRandom(seed);
      const seeds = await seedArchives();
      const folder = await mkdtemp(join(tmpdir(), 'graft-archive-soak-'));
      const path = join(folder, 'archive');
      const outcomes = { landed: 0, refused: 0, unfit: 0, rounds: 0 };
      const escaped: unknown[] = [];
      const onEscape = (thrown: unknown): void => void escaped.push(thrown);
      process.on('uncaughtException', onEscape).on('unhandledRejection', onEscape);
      try {
        for (const end = Date.now() + FUZZ_MS; Date.now() < end;) {
          outcomes.rounds += 1;
          await writeFile(path, mutate(seeds[Math.floor(random() * seeds.length)] ?? Buffer.alloc(0), random));
          const landing = land(
            path,
            (key) => {
              expect(parseLandingKey(key).dataset).toBe('d');
              expect(key.split('/')).not.toContain('..');
              outcomes.landed += 1;
            },
            ({ detail }) => {
              expect(detail).not.toBe('');
              outcomes.refused += 1;
            },
          ).catch((thrown: unknown) => {
            if (!(thrown instanceof AppError)) throw thrown;
            expect(thrown).toMatchObject({
              code: 'image_unfit',
              details: { reason: expect.stringMatching(/_unfit$/) },
            });
            outcomes.unfit += 1;
          });
          const hanging = new AbortController();
          const hangs = sleep(HANGS_MS, 'hangs', { signal: hanging.signal }).catch(() => 'ended');
          const outcome = await Promise.race([landing.then(() => 'ended'), hangs]);
          hanging.abort();
          // What can be looked into afterwards.
          if (outcome === 'hangs') await copyFile(path, join(tmpdir(), `graft-hanging-archive-${seed}`));
          expect(outcome).toBe('ended');
        }
        console.info(`mutated archives: ${JSON.stringify(outcomes)}`);
        expect(escaped).toEqual([]);
        expect(await readdir(folder)).toEqual(['archive']);
        // Every way was taken many times, or the mutations were not worth their name.
        expect(Math.min(outcomes.landed, outcomes.refused, outcomes.unfit)).toBeGreaterThan(100);
      } finally {
        process.off('uncaughtException', onEscape).off('unhandledRejection', onEscape);
        await rm(folder, { recursive: true });
      }
    },
    FUZZ_MS + 60_000,
  );
});

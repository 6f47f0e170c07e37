/** A dataset through its commands, as a person keeps one: landings, versions, corrections, what a version is like. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatasetVersion } from '@graft/contracts';
import { writeEmojiFolder } from './emoji-folder.js';
import { createSystem, until, type System } from './harness.js';

const LABELS = ['Activities', 'Flags'];
const MINUTES = 60_000;

let system: System;
let folder: string;

const versionsOf = (): Promise<DatasetVersion[]> => system.json<DatasetVersion[]>(['data', 'versions', 'art']);

/** Waits for the version of a number. */
const version = (number: number): Promise<DatasetVersion> =>
  until(async () => (await versionsOf()).find((each) => each.number === number), {
    what: `version ${number} of art`,
    timeoutMs: 2 * MINUTES,
  });

const say = async (args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await system.graft(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-dataset-'));
  system = await createSystem('dataset');
  await say(['up']);
  await say(['data', 'create', 'art', '--quiet', '1']);
}, 6 * MINUTES);
afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, 2 * MINUTES);

describe('a dataset', () => {
  it('says what a landing will start: nothing, while there is no pipeline or while it is paused', async () => {
    const google = await writeEmojiFolder({ parent: folder, vendor: 'google', labels: LABELS, end: 20 });
    const landed = await say(['data', 'land', 'art', google]);
    expect(landed).toContain('40 files of 2 labels landed in dataset art');
    expect(landed).toContain('no pipeline learns from it yet');
    expect(await version(1)).toMatchObject({ images: 40, labels: LABELS, newImages: 40, quarantined: 0 });
    expect(await say(['data', 'land', 'art', google])).toContain('nothing new, so nothing starts');
  });

  it('is paused and resumed, and says what it waits for meanwhile', async () => {
    await say(['data', 'pause', 'art']);
    const twitter = await writeEmojiFolder({ parent: folder, vendor: 'twitter', labels: LABELS, first: 40, end: 52 });
    expect(await say(['data', 'land', 'art', twitter, '--source', 'twitter'])).toContain('./graft data resume art');
    expect(await say(['data', 'why', 'art'])).toMatch(/paused/);
    await say(['data', 'resume', 'art']);
    expect(await version(2)).toMatchObject({ images: 64, newImages: 24, bySource: { landing: 40, twitter: 24 } });
  });

  it('tells of drift from one version to the next, as text and as JSON', async () => {
    expect(await say(['data', 'drift', 'art', '1'])).toContain('is the first: there is nothing to compare it with');
    const told = await say(['data', 'drift', 'art']);
    expect(told).toMatch(/dataset art: \d+ new training images of version 2 against \d+ of version 1/);
    expect(told).toContain('features: no run has compared those of version 2');
    const drift = await system.json<{ version: number; against: number; measured: unknown; drift: object }>([
      ...['data', 'drift', 'art'],
    ]);
    expect(drift).toMatchObject({
      ...{ version: 2, against: 1, measured: null },
      drift: { labels: { detected: false } },
    });
  });

  it('is corrected: each correction is a version that says what changed', async () => {
    const { added } = await system.json<{ added: { key: string; label: string }[] }>(['data', 'diff', 'art', '1', '2']);
    const subject = added.find(({ label }) => label === 'Flags')?.key ?? '';
    expect(subject).toMatch(/^art\/Flags\/twitter-/);
    await say(['data', 'relabel', 'art', 'Activities', subject, '--reason', 'it is a game']);
    expect(await version(3)).toMatchObject({ images: 64, relabelled: 1, newImages: 0 });
    const { relabelled } = await system.json<{ relabelled: object[] }>([...['data', 'diff', 'art', '2', '3']]);
    expect(relabelled).toMatchObject([
      { before: { key: subject, label: 'Flags' }, after: { key: subject, label: 'Activities' } },
    ]);
    await say(['data', 'revert', 'art', '2', '--reason', 'another hand drew them']);
    expect(await version(4)).toMatchObject({ images: 40, removed: 24 });
    const corrections = await system.json<{ number: number; reason: string; by: string }[]>([
      ...['data', 'corrections', 'art'],
    ]);
    expect(corrections.map(({ number, reason, by }) => [number, reason, by])).toEqual([
      [1, 'it is a game', 'e2e'],
      [2, 'another hand drew them', 'e2e'],
    ]);
    const unknown = await system.graft(['data', 'relabel', 'art', 'Flags', 'art/Flags/nothing.png', '--reason', 'x']);
    expect(unknown.exitCode).toBe(4);
    expect(unknown.stderr).toContain('art/Flags/nothing.png');
  });

  it('is written out, verified, and has a card', async () => {
    const directory = join(folder, 'checkout');
    expect(await system.json(['data', 'checkout', 'art', '1', directory])).toMatchObject({ written: 40 });
    const rows = (await readFile(join(directory, 'manifest.csv'), 'utf8')).trim().split('\n');
    expect(rows).toHaveLength(41);
    const card = join(folder, 'card.html');
    await say(['data', 'card', 'art', '1', '--output', card]);
    expect(await readFile(card, 'utf8')).toContain('data:image/png;base64');
    expect(await system.json(['data', 'card', 'art', '1'])).toMatchObject({ images: 40 });
    expect(await readdir(directory)).toEqual(expect.arrayContaining(['manifest.csv', 'train']));
  });
});

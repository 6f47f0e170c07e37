/** .env.example tells of every variable that is read, and of no other. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inRepository } from './repository.js';

/** Set by Graft for its own processes and tests: nobody else is to set them. */
const INTERNAL = /^GRAFT_(STACK_PART|STACK_FOLDER|TAG|SOAK|SOAK_IMAGES|FUZZ_SEED)$/;
/** Read by others than us: by libraries, and by every program alike. */
const OF_OTHERS = /^(HF_ENDPOINT|HF_TOKEN|NO_COLOR|OTEL_\w+|TEMPORAL_\w+)$/;

const isSource = (path: string): boolean =>
  /\.(ts|tsx|mjs|yml)$/.test(path) && !/\.spec\.ts$|\/(testing|generated|node_modules|dist)\//.test(path);

const filesUnder = (folder: string): string[] =>
  readdirSync(inRepository(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isSource);

/** What no process declares: where it is used. */
const read = (): Set<string> => {
  const files = ['apps', 'libs', 'tools'].flatMap(filesUnder).filter((path) => !path.endsWith('/environment.ts'));
  const texts = [...files, inRepository('docker-compose.yml')].map((path) => readFileSync(path, 'utf8'));
  return new Set(texts.flatMap((text) => text.match(/\b(GRAFT_[A-Z0-9]+(_[A-Z0-9]+)*)\b(?!_)/g) ?? []));
};

const told = (): Set<string> =>
  new Set(
    [...readFileSync(inRepository('.env.example'), 'utf8').matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(
      ([, name = '']) => name,
    ),
  );

describe('.env.example', () => {
  it('is what the schemas say: node tools/env-example.mjs writes it', () => {
    expect(() =>
      execFileSync(process.execPath, [inRepository('tools/env-example.mjs'), '--check'], { stdio: 'pipe' }),
    ).not.toThrow();
  });

  it('tells of every variable that is read', () => {
    const known = told();
    expect([...read()].filter((name) => !known.has(name) && !INTERNAL.test(name))).toEqual([]);
  });

  it('tells of none that nothing reads', () => {
    const used = read();
    expect([...told()].filter((name) => !used.has(name) && !OF_OTHERS.test(name))).toEqual([]);
  });
});

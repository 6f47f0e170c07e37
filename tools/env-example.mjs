#!/usr/bin/env node
/**
 * Writes .env.example from the schemas by which each process reads its environment: every variable, what it is, its unit and its
 * default. With --check it only compares.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { bundle, root } from './build/bundle.mjs';

const FILE = join(root, '.env.example');

/** Of docker-compose.yml alone: no process of ours reads them. */
const COMPOSE = {
  GRAFT_POSTGRES_PASSWORD: z.string().describe('The password of the PostgreSQL that docker-compose.yml starts.'),
  GRAFT_LANDING_WEBHOOK: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Whether the MinIO that docker-compose.yml starts posts its events (docs/data.md).'),
};

/** The schemas of a room's environment.ts: `…EnvironmentSchema`, or shapes to be spread into one. */
const loadSchemas = async (room) => {
  const outdir = `dist/.env-example/${room.replaceAll('/', '-')}`;
  await bundle({ entries: [`${room}/src/environment.ts`], outdir });
  return import(pathToFileURL(join(root, outdir, 'environment.js')).href);
};

const rooms = () =>
  readdirSync(join(root, 'apps'))
    .filter((app) => existsSync(join(root, 'apps', app, 'src/environment.ts')))
    .sort();

/** name → { schema, by: the processes that read it } */
const collect = async () => {
  const variables = new Map();
  const add = (shape, by) => {
    for (const [name, schema] of Object.entries(shape)) {
      const known = variables.get(name);
      if (known === undefined) variables.set(name, { schema, by: [by] });
      else known.by.push(by);
    }
  };
  for (const app of rooms()) {
    const schemas = Object.entries(await loadSchemas(`apps/${app}`)).filter(([name]) =>
      name.endsWith('EnvironmentSchema'),
    );
    for (const [, schema] of schemas) add(schema.shape, app === 'cli' ? 'graft' : app);
  }
  const { anyProcessEnvironment } = await loadSchemas('libs/platform');
  add(anyProcessEnvironment, 'any process');
  add(COMPOSE, 'docker compose');
  return variables;
};

const defaultOf = (schema) => {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return null;
  const { default: told } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return told === undefined ? null : String(told);
};

const isNeeded = (schema) => !schema.safeParse(undefined).success;

const wrap = (text, width = 118) => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`);
};

const entry = ([name, { schema, by }]) => {
  const { description } = schema;
  if (description === undefined) throw new Error(`${name} has no description: .describe() it where its schema is`);
  // One that is worked out on each machine is told in words.
  const preset = description.includes('Default: ') ? null : defaultOf(schema);
  const line = preset === null ? `${name}=` : `${name}=${preset}`;
  return [
    ...wrap(`${description} (${[...new Set(by)].join(', ')})`),
    // What has a default, or needn't be there, is shown and not set.
    isNeeded(schema) ? line : `# ${line}`,
  ].join('\n');
};

const write = (variables) => {
  const all = [...variables].sort(([a], [b]) => (a < b ? -1 : 1));
  const needed = all.filter(([, { schema }]) => isNeeded(schema));
  const others = all.filter(([, { schema }]) => !isNeeded(schema));
  return [
    '# Every variable that Graft reads. ./graft up sets what a local stack needs by itself; this is for servers of your own.',
    '# Written by node tools/env-example.mjs from the schemas in the environment.ts of each process.',
    '',
    '# ── Needed by those who read them ──',
    ...needed.map(entry),
    '',
    '# ── With their defaults ──',
    ...others.map(entry),
    '',
  ].join('\n');
};

const text = write(await collect());
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('.env.example is not what the schemas say: node tools/env-example.mjs writes it\n');
  process.exitCode = 1;
}

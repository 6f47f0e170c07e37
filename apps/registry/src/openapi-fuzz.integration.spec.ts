/** The registry under Schemathesis, which makes up requests from the OpenAPI document: fitting ones, and ones that just don't fit. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, createUploadSigner } from '@graft/artifacts';
import { graftPaths } from '@graft/platform';
import { findSchemathesisPython, runCommand } from '@graft/tools';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const IS_SOAK = Boolean(process.env['GRAFT_SOAK']);
/** For each operation and phase. */
const EXAMPLES = IS_SOAK ? 200 : 3;
const PHASES = IS_SOAK ? 'coverage,fuzzing,stateful' : 'coverage,fuzzing';
const TIMEOUT_MS = IS_SOAK ? 3_600_000 : 900_000;

const python = await findSchemathesisPython({ cacheDir: graftPaths().cacheDir });
if (python === null) {
  process.stderr.write(
    'skipped: Schemathesis is not in the cache; `./graft test` installs it, or says why it cannot\n',
  );
}

let registry: TestRegistry;
let folder: string;
beforeAll(async () => {
  if (python === null) return;
  // What it signs, nobody sends.
  const signer = createUploadSigner({
    endpoint: 'http://127.0.0.1:9',
    bucket: 'landing',
    accessKey: 'fuzz',
    secretKey: 'fuzz',
  });
  registry = await startTestRegistry({
    artifacts: createMemoryStore(),
    uploads: { landing: createMemoryStore(), signer },
  });
  folder = await mkdtemp(join(tmpdir(), 'graft-fuzz-'));
});
afterAll(async () => {
  if (python === null) return;
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

const MOST_LINES = 120;

/** @returns what Schemathesis said. @throws with what it found, where a check failed. */
const fuzz = async (config: readonly string[]): Promise<string> => {
  if (python === null) throw new Error('Schemathesis is not installed');
  const configFile = join(folder, 'schemathesis.toml');
  await writeFile(configFile, config.join('\n'));
  const lines: string[] = [];
  try {
    return await runCommand(
      python.command,
      [
        ...['-c', 'from schemathesis.cli import schemathesis; schemathesis()', '--config-file', configFile],
        ...['run', `${registry.url()}/openapi.json`, '--url', registry.url()],
        ...['--header', 'Authorization: Bearer token-of-admin'],
        // A stream that doesn't end.
        ...['--exclude-path', '/v1/events'],
        ...['--checks', 'not_a_server_error,response_schema_conformance,content_type_conformance'],
        ...['--phases', PHASES, '--max-examples', `${EXAMPLES}`],
        ...['--seed', '1', '--workers', '1', '--no-color'],
      ],
      { cwd: folder, env: python.env, timeoutMs: TIMEOUT_MS, onLine: (line) => lines.push(line) },
    );
  } catch (cause) {
    const findings = lines.slice(lines.findIndex((line) => /^=+ (FAILURES|ERRORS) =+$/.test(line)));
    throw new Error(findings.slice(0, MOST_LINES).join('\n'), { cause });
  }
};
const casesOf = (said: string): number => Number(/(\d[\d,]*) generated/.exec(said)?.[1]?.replaceAll(',', '') ?? 0);

(python === null ? describe.skip : describe)('fuzzed from its OpenAPI document, the registry', () => {
  it(
    'answers whatever is made up as the document says, and never with an error of its own',
    async () => {
      // Names that are there: requests for what isn't get no further than that.
      const { model, ship } = await createWorkshop(registry.as('admin'), 'tulips');
      const version = await ship();
      const said = await fuzz([
        '[parameters]',
        `"path.model" = "${model}"`,
        `"path.version" = ${version}`,
        '"path.environment" = "production"',
      ]);
      expect(casesOf(said)).toBeGreaterThan(400);
    },
    TIMEOUT_MS,
  );

  (IS_SOAK ? it : it.skip)(
    'does so for whatever names are made up, too',
    async () => {
      const said = await fuzz([]);
      expect(casesOf(said)).toBeGreaterThan(10_000);
    },
    TIMEOUT_MS,
  );
});

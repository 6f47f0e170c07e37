#!/usr/bin/env node
/**
 * A stand-in for Prisma's schema engine, for machines that don't reach the host of the real one.
 *
 * The Prisma CLI talks to `PRISMA_SCHEMA_ENGINE_BINARY` in two ways: `… cli <subcommand>` for creating,
 * dropping and probing a database, and JSON-RPC over standard input and output for everything else.
 * Both are answered here by the official WebAssembly build of the same engine
 * (`@prisma/schema-engine-wasm`), which reaches PostgreSQL through `@prisma/adapter-pg`.
 */
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { canConnect, createDatabase, dropDatabase } from './engine/database.mjs';
import { createMethods } from './engine/methods.mjs';
import { ENGINE_COMMIT, wasmPanic } from './engine/wasm.mjs';

/** What the CLI calls each failure; anything else is "can't reach the server". */
const PRISMA_CODE_OF_SQLSTATE = { '3D000': 'P1003', '28P01': 'P1000', 28000: 'P1000', '42P04': 'P1009' };

const argv = process.argv.slice(2);
const valuesOf = (name) => argv.flatMap((word, index) => (word === name ? [argv[index + 1]] : []));

/** The engine's log format, which the CLI parses for `fields.message` and `fields.error_code`. */
const logError = (message, code) => {
  const fields = { message, error_code: code, is_panic: false };
  const line = { timestamp: new Date().toISOString(), level: 'ERROR', fields, target: 'schema_engine::logger' };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

const runSubcommand = async (subcommand, url) => {
  const act = {
    'can-connect-to-database': canConnect,
    'create-database': createDatabase,
    'drop-database': dropDatabase,
  }[subcommand];
  if (act === undefined) throw new Error(`unknown subcommand ${subcommand}`);
  await act(url);
};

const serve = async (datasource) => {
  const datamodels = valuesOf('--datamodels').map((file) => [file, readFileSync(file, 'utf8')]);
  const methods = createMethods({ datasource, datamodels });
  let nextId = 1_000_000;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const { id, method, params } = JSON.parse(line);
    if (method === undefined) continue; // The CLI's answer to one of our own `print` requests.
    try {
      const result = await methods.call(method, params);
      if (method === 'diff' && result?.stdout != null) {
        send({ id: nextId++, method: 'print', params: { content: result.stdout } });
      }
      send({ id, result: result ?? null });
    } catch (error) {
      const data = {
        is_panic: error instanceof WebAssembly.RuntimeError,
        message: error.message,
        error_code: error.code ?? null,
        meta: null,
      };
      send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
    }
  }
};

const main = async () => {
  if (argv.includes('--version')) {
    process.stdout.write(`schema-engine-cli ${ENGINE_COMMIT}\n`);
    return 0;
  }
  const datasource = JSON.parse(valuesOf('--datasource')[0] ?? '{}');
  const cliAt = argv.indexOf('cli');
  if (cliAt < 0) {
    await serve(datasource);
    return 0;
  }
  process.stderr.write('\n'); // The CLI reads the last line of standard error and wants it never to be the first.
  try {
    await runSubcommand(argv[cliAt + 1], datasource.url);
    return 0;
  } catch (error) {
    logError(error.message || String(error.code), PRISMA_CODE_OF_SQLSTATE[error.code] ?? 'P1001');
    return 1;
  }
};

process.on('uncaughtException', (error) => {
  logError(wasmPanic() || String(error));
  process.exit(101);
});
process.exit(await main());

/** Loads `@prisma/schema-engine-wasm`, whose own loader expects a bundler. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

/** The commit of prisma-engines that the pinned packages carry; the CLI compares it with its own. */
export const ENGINE_COMMIT = '0edf323efd1d98336f3f0a68684b56f689b900d3';

// The bindings report a Rust panic's message here before they trap.
globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
  message: '',
  set_message(message) {
    this.message = message;
  },
};

export const wasmPanic = () => globalThis.PRISMA_WASM_PANIC_REGISTRY.message;

let loaded;
const load = async () => {
  const entry = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const wasm = readFileSync(join(dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/** A fresh engine over `factory`; `datamodels` are pairs of file name and text. */
export const openEngine = async ({ factory, datamodels }) => {
  loaded ??= load();
  await loaded;
  const log = (line) => process.env.DEBUG && process.stderr.write(`${line}\n`);
  const options = { datamodels: datamodels.length > 0 ? datamodels : undefined };
  return bindings.SchemaEngine.new(options, log, bindMigrationAwareSqlAdapterFactory(factory));
};

/**
 * The engine's JSON-RPC methods. Most go straight to the WebAssembly engine; three don't:
 * it has no `createDatabase`, and its `evaluateDataLoss` and `createMigration` want a shadow database
 * that this build doesn't open, so both are derived from `diff`, which does.
 */
import { MigrationAdapterFactory } from './adapter.mjs';
import { createDatabase, databaseOf } from './database.mjs';
import { openEngine } from './wasm.mjs';

/** `diff` exits with 2 when the two sides differ. */
const DIFFERS = 2;

const pendingChanges = async (engine, { migrationsList, schema, filters }) => {
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'migrations', ...migrationsList },
    to: { tag: 'schemaDatamodel', ...schema },
    script: true,
    exitCode: true,
    filters,
    shadowDatabaseUrl: null,
  });
  return exitCode === DIFFERS ? (stdout ?? '') : null;
};

const evaluateDataLoss = async (engine, params) => {
  const script = await pendingChanges(engine, params);
  const drops = (script ?? '').split('\n').filter((line) => /\bDROP (TABLE|COLUMN|TYPE)\b/.test(line));
  return {
    migrationSteps: script === null ? 0 : 1,
    unexecutableSteps: [],
    warnings: drops.map((line, stepIndex) => ({ message: `Possible data loss: ${line.trim()}`, stepIndex })),
  };
};

const createMigration = async (engine, params) => {
  const script = await pendingChanges(engine, params);
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const name = (params.migrationName || 'migration').toLowerCase().replace(/[^a-z0-9]+/g, '_');
  return {
    connectorType: 'postgresql',
    extension: 'sql',
    generatedMigrationName: `${stamp}_${name}`,
    migrationScript: script ?? (params.draft ? '-- This is an empty migration.' : null),
  };
};

export const createMethods = ({ datasource, datamodels }) => {
  const factory = new MigrationAdapterFactory(datasource);
  const open = () => openEngine({ factory, datamodels });
  return {
    call: async (method, params) => {
      if (method === 'createDatabase') {
        const url = params.datasource.url ?? datasource.url;
        await createDatabase(url);
        return { databaseName: databaseOf(url) };
      }
      const engine = await open();
      if (method === 'evaluateDataLoss') return evaluateDataLoss(engine, params);
      if (method === 'createMigration') return createMigration(engine, params);
      return engine[method === 'getDatabaseVersion' ? 'version' : method](params);
    },
  };
};

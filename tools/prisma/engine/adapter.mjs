/**
 * The driver adapter through which the WebAssembly engine reaches PostgreSQL.
 * It is `@prisma/adapter-pg`, with two things that a migration engine needs and a client doesn't:
 * catalogue columns of the type "char", and scripts of many statements.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { createNamedDatabase, driverUrl, dropNamedDatabase, schemaOf, withDatabase } from './database.mjs';

const CHAR_OID = 18;
const BPCHAR_OID = 1042;
/** Prisma's ColumnType for a single character. */
const COLUMN_TYPE_CHARACTER = 6;

/** For each result's rows: which of its columns were "char". */
const charColumnsOf = new WeakMap();

/** pg_catalog has columns of PostgreSQL's internal type "char", which adapter-pg can't map: call them bpchar. */
const presentCharAsBpchar = (outcome) => {
  for (const result of Array.isArray(outcome) ? outcome : [outcome]) {
    const isChar = (result?.fields ?? []).map((field) => field.dataTypeID === CHAR_OID);
    if (!isChar.some(Boolean)) continue;
    result.fields.forEach((field, index) => {
      if (isChar[index]) field.dataTypeID = BPCHAR_OID;
    });
    charColumnsOf.set(result.rows, isChar);
  }
  return outcome;
};

class CatalogueClient extends pg.Client {
  query(...args) {
    const callbackAt = args.findLastIndex((arg) => typeof arg === 'function');
    if (callbackAt >= 0) {
      const callback = args[callbackAt];
      args[callbackAt] = (error, outcome) => callback(error, presentCharAsBpchar(outcome));
      return super.query(...args);
    }
    const pending = super.query(...args);
    return typeof pending?.then === 'function' ? pending.then(presentCharAsBpchar) : pending;
  }
}

const forMigrations = (adapter) => {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const isChar = charColumnsOf.get(result.rows);
    if (isChar !== undefined) {
      result.columnTypes = result.columnTypes.map((type, index) => (isChar[index] ? COLUMN_TYPE_CHARACTER : type));
    }
    return result;
  };
  // The adapter's own executeScript splits at semicolons, which cuts function bodies in two.
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  return adapter;
};

export class MigrationAdapterFactory {
  provider = 'postgres';
  adapterName = '@prisma/adapter-pg';

  constructor(datasource) {
    this.datasource = datasource;
  }

  async open(url) {
    const options = { connectionString: driverUrl(url), max: 1, Client: CatalogueClient };
    return forMigrations(await new PrismaPg(options, { schema: schemaOf(url) }).connect());
  }

  connect() {
    return this.open(this.datasource.url);
  }

  /** The shadow database: the one that was named, or a fresh one that lasts as long as the connection. */
  async connectToShadowDb() {
    const { url, shadowDatabaseUrl } = this.datasource;
    if (shadowDatabaseUrl) return this.open(shadowDatabaseUrl);
    const name = `prisma_migrate_shadow_db_${randomUUID()}`;
    await createNamedDatabase(url, name);
    const adapter = await this.open(withDatabase(url, name));
    const dispose = adapter.dispose.bind(adapter);
    adapter.dispose = async () => {
      await dispose();
      await dropNamedDatabase(url, name);
    };
    return adapter;
  }
}

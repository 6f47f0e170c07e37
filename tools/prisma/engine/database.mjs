/** Creating, dropping and probing a PostgreSQL database by its connection URL. */
import pg from 'pg';

/** Parameters of a Prisma URL that PostgreSQL's own driver would refuse. */
const PRISMA_PARAMETERS = ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer'];

export const schemaOf = (url) => new URL(url).searchParams.get('schema') ?? 'public';
export const databaseOf = (url) => decodeURIComponent(new URL(url).pathname.slice(1));

export const driverUrl = (url) => {
  const plain = new URL(url);
  for (const name of PRISMA_PARAMETERS) plain.searchParams.delete(name);
  return plain.href;
};

export const withDatabase = (url, database) => {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
};

const quote = (identifier) => `"${identifier.replaceAll('"', '""')}"`;

const withClient = async (connectionString, act) => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
};

/** Runs `sql` on the server's maintenance database, since a database can't be made from inside itself. */
const administer = (url, sql) => withClient(driverUrl(withDatabase(url, 'postgres')), (client) => client.query(sql));

export const canConnect = (url) => withClient(driverUrl(url), () => undefined);
export const createDatabase = (url) => administer(url, `CREATE DATABASE ${quote(databaseOf(url))}`);
export const dropDatabase = (url) => administer(url, `DROP DATABASE ${quote(databaseOf(url))}`);
export const createNamedDatabase = (url, name) => administer(url, `CREATE DATABASE ${quote(name)}`);
export const dropNamedDatabase = (url, name) => administer(url, `DROP DATABASE IF EXISTS ${quote(name)}`);

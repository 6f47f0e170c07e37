/** The local stack, the programs it is made of, and what else a developer's machine needs. */
export { repositoryRoot, inRepository } from './repository.js';
export { ensurePostgres } from './binaries/postgres.js';
export { startPostgres, stopPostgres, postgresUrl } from './stack/start-postgres.js';
export type { PostgresOptions, RunningPostgres } from './stack/start-postgres.js';
export { runMigrations, runPrisma, prismaEnvironment } from './prisma/run-migrations.js';
export { withLock } from './system/file-lock.js';
export { pickPort, isPortFree, isPortOpen } from './system/ports.js';

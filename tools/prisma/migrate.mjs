#!/usr/bin/env node
/**
 * Prisma's migrate commands for whoever changes the registry's schema:
 *
 *   node tools/prisma/migrate.mjs dev --name add-something   # writes a migration from schema.prisma, regenerates
 *   node tools/prisma/migrate.mjs deploy|status|resolve|diff …
 *   node tools/prisma/migrate.mjs generate                   # the client alone; needs no database
 *
 * It works on GRAFT_DATABASE_URL, else on a PostgreSQL server of its own that lasts as long as the command.
 */
import { join } from 'node:path';
import { bundle, root } from '../build/bundle.mjs';

const outdir = 'dist/tools';
await bundle({ entries: ['tools/src/prisma/migrate-command.ts'], outdir });
const { migrateCommand } = await import(join(root, outdir, 'migrate-command.js'));
process.exitCode = await migrateCommand(process.argv.slice(2));

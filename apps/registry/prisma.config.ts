/** Prisma's command line alone reads this: generate, migrate. The server takes its address from the same variable. */
import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['GRAFT_DATABASE_URL'] ?? '' },
});

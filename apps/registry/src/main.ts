/** The registry as a process: environment in, server up, ends well on a signal. */
import { exitCodeOf, toAppError } from '@graft/contracts';
import { createLogger, onShutdown, readEnvironment } from '@graft/platform';
import { z } from 'zod';
import { startRegistry, type TokenSeed } from './start-registry.js';

const token = z.string().min(16, 'expected at least 16 characters').optional();
const environmentSchema = z.object({
  GRAFT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  GRAFT_HOST: z.string().min(1).default('127.0.0.1'),
  GRAFT_REGISTRY_PORT: z.coerce.number().int().min(0).max(65_535).default(7410),
  GRAFT_ADMIN_TOKEN: token,
  GRAFT_SERVICE_TOKEN: token,
  GRAFT_SERVING_TOKEN: token,
});

const logger = createLogger({ service: 'registry' });

const start = async (): Promise<void> => {
  const env = readEnvironment(environmentSchema);
  const seeds: (Omit<TokenSeed, 'token'> & { token: string | undefined })[] = [
    { name: 'admin', role: 'admin', token: env.GRAFT_ADMIN_TOKEN },
    { name: 'service', role: 'service', token: env.GRAFT_SERVICE_TOKEN },
    { name: 'serving', role: 'serving', token: env.GRAFT_SERVING_TOKEN },
  ];
  const tokens = seeds.flatMap((seed) => (seed.token === undefined ? [] : [{ ...seed, token: seed.token }]));
  const registry = await startRegistry({
    databaseUrl: env.GRAFT_DATABASE_URL,
    host: env.GRAFT_HOST,
    port: env.GRAFT_REGISTRY_PORT,
    tokens,
    logger,
  });
  if (tokens.length === 0) logger.warn('registry: no tokens given; those that its database holds are what counts');
  onShutdown({ logger, close: () => registry.close() });
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error }, 'registry: it did not start');
  process.exitCode = exitCodeOf(error.code);
});

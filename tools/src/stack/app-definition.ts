/** The apps of a stack: what each is told, and where it says that it is well. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import type { Credentials } from './credentials.js';
import { APPS } from './stack-state.js';
import type { AppName, StackState } from './stack-state.js';
import { ENVIRONMENT_NAME, serversOf, sharedVariables, type StackServers } from './stack-environment.js';

export interface AppContext {
  readonly stack: string;
  /** `serving`, or `serving-2` for another replica, or `serving-staging` for one of another environment. */
  readonly instance: string;
  readonly state: StackState;
  readonly credentials: Credentials;
  readonly cacheDir: string;
}

interface AppDefinition {
  /** Answers 200 when the app can do its work. */
  readonly healthPath: string;
  readonly variables: (context: AppContext & { readonly port: string }) => Record<string, string>;
}

/** `serving-2` is another replica of the usual environment; `serving-staging` is one of an environment of that name. */
export const environmentOf = (instance: string): string => {
  const [, environment] = /^serving-(.*\D.*)$/.exec(instance) ?? [];
  return environment ?? ENVIRONMENT_NAME;
};

/** The serving app that follows an environment. */
export const servingOf = (environment: string): string =>
  environment === ENVIRONMENT_NAME ? 'serving' : `serving-${environment}`;

/** Of a replica's lease; a front's replicas are this and a number. */
export const replicaIdOf = (stack: string, instance: string): string => `${stack}-${instance}`;

const registryServers = ({ databaseUrl, temporalUi }: StackServers): Record<string, string> => ({
  GRAFT_DATABASE_URL: databaseUrl,
  ...(temporalUi === null ? {} : { GRAFT_TEMPORAL_UI_URL: temporalUi }),
});

/**
 * glibc's malloc keeps what is smaller for itself (mallopt(3)), and lets the limit grow to 32 MiB by itself: a process that decodes strangers' images in
 * several threads then holds 100 MiB more. Fixed, what a large picture took goes back to the system at once.
 */
const MALLOC_MMAP_THRESHOLD_ = String(4 * 1024 * 1024);

const DEFINITIONS: Readonly<Record<AppName, AppDefinition>> = {
  registry: {
    healthPath: '/health/ready',
    variables: ({ state, credentials, port }) => ({
      GRAFT_REGISTRY_PORT: port,
      ...registryServers(serversOf(state, credentials)),
      GRAFT_ADMIN_TOKEN: credentials.adminToken,
      GRAFT_SERVICE_TOKEN: credentials.serviceToken,
      GRAFT_SERVING_TOKEN: credentials.servingToken,
    }),
  },
  orchestrator: {
    healthPath: '/health/ready',
    variables: ({ credentials, port }) => ({
      GRAFT_HEALTH_PORT: port,
      GRAFT_REGISTRY_TOKEN: credentials.serviceToken,
      MALLOC_MMAP_THRESHOLD_,
    }),
  },
  trainer: {
    healthPath: '/health/ready',
    variables: ({ credentials, port }) => ({ GRAFT_HEALTH_PORT: port, GRAFT_REGISTRY_TOKEN: credentials.serviceToken }),
  },
  serving: {
    // Without a deployment it is live and has nothing to be ready with.
    healthPath: '/v2/health/live',
    variables: ({ instance, stack, state, credentials, port }) => ({
      GRAFT_SERVING_PORT: port,
      GRAFT_SERVING_URL: `http://127.0.0.1:${port}`,
      GRAFT_REPLICA_ID: replicaIdOf(stack, instance),
      GRAFT_ENVIRONMENT: environmentOf(instance),
      ...(state.replicas[instance] === undefined ? {} : { GRAFT_SERVING_REPLICAS: `${state.replicas[instance]}` }),
      GRAFT_REGISTRY_TOKEN: credentials.servingToken,
    }),
  },
};

/**
 * The app that an instance runs.
 * @throws AppError `usage` when there is no such app.
 */
export const appOf = (instance: string): AppName => {
  const app = APPS.find((name) => instance === name || instance.startsWith(`${name}-`));
  if (app === undefined) throw new AppError('usage', `no app is called ${instance}: there are ${APPS.join(', ')}`);
  return app;
};

/**
 * The program of an app and the time of its build.
 * @throws AppError `missing_prerequisite` when it was not built.
 */
export const builtApp = (app: AppName): { main: string; build: number } => {
  const folder = inRepository('dist/apps', app);
  const main = join(folder, 'main.js');
  if (!existsSync(main))
    throw new AppError('missing_prerequisite', `${app} is not built (${main} is missing): run node tools/build.mjs`);
  const times = readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => statSync(join(folder, file)).mtimeMs);
  return { main, build: Math.max(...times) };
};

/** Addresses and keys are set for each app: the user's own would point it elsewhere, or leak. Tuning goes through. */
const NOT_INHERITED =
  /^(AWS_|MLFLOW_|TEMPORAL_|npm_|JEST_|NODE_OPTIONS$|GRAFT_REPLICA_ID$|GRAFT_.*(URL|ENDPOINT|TOKEN|KEY|PORT|HOST|BUCKET)$)/;

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value !== undefined && !NOT_INHERITED.test(key) ? [[key, value]] : [],
    ),
  );

/** An app's whole environment. */
export const appEnvironment = (context: AppContext): Record<string, string> => {
  const { stack, instance, state, credentials, cacheDir } = context;
  const port = String(state.ports[instance] ?? 0);
  return {
    ...inherited(),
    ...sharedVariables(stack, state, credentials),
    GRAFT_HOST: '127.0.0.1',
    GRAFT_CACHE_DIR: cacheDir,
    ...DEFINITIONS[appOf(instance)].variables({ ...context, port }),
  };
};

export const healthUrl = (instance: string, state: StackState): string =>
  `http://127.0.0.1:${state.ports[instance] ?? 0}${DEFINITIONS[appOf(instance)].healthPath}`;

/** What a command works with: the registry, the landing zone and serving of the stack that it was pointed at. */
import { userInfo } from 'node:os';
import { createContentStore, createMinioStore, type ObjectStore } from '@graft/artifacts';
import { AppError, type BlobStore } from '@graft/contracts';
import { createRegistryClient, type Registry } from '@graft/registry-client';
import { resolveStack, stackEnvironment } from '@graft/tools';
import type { Command } from 'commander';

export interface Context {
  readonly registry: Registry;
  readonly landing: ObjectStore;
  /** The artifacts bucket, and the content-addressed objects in it. */
  readonly artifacts: ObjectStore;
  readonly blobs: BlobStore;
  readonly servingUrl: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Who acts, for the ledger: GRAFT_ACTOR, else the operating system's user. */
export const actorName = (): string => process.env.GRAFT_ACTOR ?? userInfo().username;

/** Set by hand, they win over those of a local stack: another token is another person. */
const OWN_VARIABLES = ['GRAFT_REGISTRY_TOKEN', 'GRAFT_SERVING_URL', 'GRAFT_S3_ENDPOINT'] as const;

/**
 * Where a command finds Graft, and by which token: the stack that `--stack` names; else the registry that GRAFT_REGISTRY_URL and
 * GRAFT_REGISTRY_TOKEN name, of whatever machine; else the local stack that GRAFT_STACK names, or the one that runs, with what is set by hand.
 * @throws AppError `usage` where GRAFT_STACK and GRAFT_REGISTRY_URL name different registries, `missing_prerequisite` for an address without
 * a token, `unavailable` without any.
 */
export const clientEnvironment = async (
  stack: string | undefined,
  given: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Readonly<Record<string, string>>> => {
  const set = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  if (stack !== undefined) return stackEnvironment(await resolveStack({ explicit: stack }));
  const { GRAFT_STACK: named, GRAFT_REGISTRY_URL: url, GRAFT_REGISTRY_TOKEN: token } = set;
  if (named === undefined && url !== undefined && token !== undefined) return set;
  if (named === undefined && url !== undefined) {
    throw new AppError('missing_prerequisite', `GRAFT_REGISTRY_URL is ${url}, and GRAFT_REGISTRY_TOKEN is not set`);
  }
  const local = await stackEnvironment(await resolveStack({ explicit: named }));
  if (url !== undefined && url !== local['GRAFT_REGISTRY_URL']) {
    throw new AppError(
      'usage',
      `GRAFT_STACK names the stack "${named ?? ''}", whose registry is ${local['GRAFT_REGISTRY_URL'] ?? 'nowhere'}, and GRAFT_REGISTRY_URL is ${url}: ` +
        'unset one of them, or say --stack',
    );
  }
  return { ...local, ...Object.fromEntries(OWN_VARIABLES.flatMap((name) => (set[name] ? [[name, set[name]]] : []))) };
};

/** Connects to the stack named by `--stack` or GRAFT_STACK, to the registry that variables name, else to the stack that runs. */
export const connect = async (command: Command): Promise<Context> => {
  const { stack } = command.optsWithGlobals<{ stack?: string }>();
  return contextOf(await clientEnvironment(stack));
};

/** Reads variables that must be set. */
const requireFrom =
  (environment: Readonly<Record<string, string | undefined>>) =>
  (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '')
      throw new AppError(
        'missing_prerequisite',
        name.startsWith('GRAFT_S3_')
          ? `${name} is not set: this command reads the object store itself, which GRAFT_S3_ENDPOINT, GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY name`
          : `${name} is not set; eval "$(./graft env)" sets it for a running stack`,
      );
    return value;
  };

/** Any bucket of the object store that an environment's variables name. */
export const openBucket = (
  environment: Readonly<Record<string, string | undefined>>,
  bucket: string,
): ReturnType<typeof createMinioStore> => {
  const variable = requireFrom(environment);
  return createMinioStore({
    endpoint: variable('GRAFT_S3_ENDPOINT'),
    accessKey: variable('GRAFT_S3_ACCESS_KEY'),
    secretKey: variable('GRAFT_S3_SECRET_KEY'),
    region: environment.GRAFT_S3_REGION ?? 'us-east-1',
    bucket,
  });
};

const openRegistry = (environment: Readonly<Record<string, string | undefined>>): Registry => {
  const variable = requireFrom(environment);
  return createRegistryClient({
    url: variable('GRAFT_REGISTRY_URL'),
    token: variable('GRAFT_REGISTRY_TOKEN'),
    actor: actorName(),
  });
};

export interface LandingContext {
  readonly registry: Registry;
  /** Whether the environment has keys to the object store. */
  readonly hasObjectStore: boolean;
  /** @throws AppError `missing_prerequisite` where it has none. */
  openBucket(bucket: string): ObjectStore;
  readonly landingBucket: string;
  readonly artifactsBucket: string;
}

/** Connects as `connect` does; a registry alone is enough to upload images. */
export const connectForLanding = async (command: Command): Promise<LandingContext> => {
  const { stack } = command.optsWithGlobals<{ stack?: string }>();
  const environment = await clientEnvironment(stack);
  return {
    registry: openRegistry(environment),
    hasObjectStore: Boolean(environment.GRAFT_S3_ENDPOINT),
    openBucket: (bucket) => openBucket(environment, bucket),
    landingBucket: environment.GRAFT_LANDING_BUCKET ?? 'landing',
    artifactsBucket: environment.GRAFT_ARTIFACTS_BUCKET ?? 'artifacts',
  };
};

/**
 * The context of an environment's variables. Whoever has a registry and a token alone has the registry; what else is asked for, and isn't
 * there, is an error then (`missing_prerequisite`).
 */
export const contextOf = (environment: Readonly<Record<string, string>>): Context => {
  const objectStore = (bucket: string): ObjectStore => openBucket(environment, bucket);
  const artifacts = (): ObjectStore => objectStore(environment.GRAFT_ARTIFACTS_BUCKET ?? 'artifacts');
  return {
    registry: openRegistry(environment),
    get landing() {
      return objectStore(environment.GRAFT_LANDING_BUCKET ?? 'landing');
    },
    get artifacts() {
      return artifacts();
    },
    get blobs() {
      return createContentStore(artifacts());
    },
    get servingUrl() {
      return requireFrom(environment)('GRAFT_SERVING_URL');
    },
    environment,
  };
};

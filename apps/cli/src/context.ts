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

/** The variables that point a client at Graft; set (by `eval "$(./graft env)"` or by hand), they win over a local stack. */
const CLIENT_VARIABLES = [
  'GRAFT_REGISTRY_URL',
  'GRAFT_REGISTRY_TOKEN',
  'GRAFT_SERVING_URL',
  'GRAFT_S3_ENDPOINT',
] as const;

/** Who acts, for the ledger: GRAFT_ACTOR, else the operating system's user. */
export const actorName = (): string => process.env.GRAFT_ACTOR ?? userInfo().username;

const clientEnvironment = async (stack: string | undefined): Promise<Readonly<Record<string, string>>> => {
  const given = process.env;
  if (stack === undefined && CLIENT_VARIABLES.every((name) => given[name] !== undefined))
    return given as Record<string, string>;
  return stackEnvironment(await resolveStack({ explicit: stack }));
};

/** Connects to the stack named by `--stack` or GRAFT_STACK, else to the one that runs. */
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
        `${name} is not set; eval "$(./graft env)" sets it for a running stack`,
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

/** Connects as `connect` does, or to a registry alone where only its address and token are set: enough to upload images. */
export const connectForLanding = async (command: Command): Promise<LandingContext> => {
  const { stack } = command.optsWithGlobals<{ stack?: string }>();
  const given: Readonly<Record<string, string | undefined>> = process.env;
  const isSet = (name: string): boolean => Boolean(given[name]);
  const registryAlone =
    stack === undefined &&
    isSet('GRAFT_REGISTRY_URL') &&
    isSet('GRAFT_REGISTRY_TOKEN') &&
    !isSet('GRAFT_S3_ENDPOINT') &&
    !isSet('GRAFT_STACK');
  const environment = registryAlone ? given : await clientEnvironment(stack);
  return {
    registry: openRegistry(environment),
    hasObjectStore: Boolean(environment.GRAFT_S3_ENDPOINT),
    openBucket: (bucket) => openBucket(environment, bucket),
    landingBucket: environment.GRAFT_LANDING_BUCKET ?? 'landing',
    artifactsBucket: environment.GRAFT_ARTIFACTS_BUCKET ?? 'artifacts',
  };
};

/** The context of an environment's variables. */
export const contextOf = (environment: Readonly<Record<string, string>>): Context => {
  const variable = requireFrom(environment);
  const objectStore = (bucket: string): ObjectStore => openBucket(environment, bucket);
  const artifacts = objectStore(environment.GRAFT_ARTIFACTS_BUCKET ?? 'artifacts');
  return {
    registry: openRegistry(environment),
    landing: objectStore(environment.GRAFT_LANDING_BUCKET ?? 'landing'),
    artifacts,
    blobs: createContentStore(artifacts),
    servingUrl: variable('GRAFT_SERVING_URL'),
    environment,
  };
};

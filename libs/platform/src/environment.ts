/** The environment of a process, read once at its start and checked against a schema. */
import { AppError } from '@graft/contracts';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the object store is and who we are there. Spread it into a `z.object`. */
export const objectStoreEnvironment = {
  GRAFT_S3_ENDPOINT: z.url({ protocol: /^https?$/ }),
  GRAFT_S3_ACCESS_KEY: z.string().min(1),
  GRAFT_S3_SECRET_KEY: z.string().min(1),
  GRAFT_S3_REGION: z.string().min(1).default('us-east-1'),
  GRAFT_ARTIFACTS_BUCKET: z.string().min(3).default('artifacts'),
  GRAFT_LANDING_BUCKET: z.string().min(3).default('landing'),
};

/** Where the registry is, and the token it knows this process by. Spread it into a `z.object`. */
export const registryEnvironment = {
  GRAFT_REGISTRY_URL: z.url({ protocol: /^https?$/ }),
  GRAFT_REGISTRY_TOKEN: z.string().min(1),
};

/** Where Temporal is. Spread it into a `z.object`. */
export const temporalEnvironment = {
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s:]+:\d+$|^\[[^\]]+\]:\d+$/, 'expected host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
};

const describe = (issue: z.core.$ZodIssue, env: Environment): string => {
  const name = issue.path.map(String).join('.') || 'the environment';
  const isMissing = issue.path.length > 0 && env[String(issue.path[0])] === undefined;
  return isMissing ? `${name} is not set` : `${name}: ${issue.message}`;
};

/**
 * The environment as the schema reads it. An empty variable counts as one that isn't set.
 * @throws AppError `missing_prerequisite` that names each variable that is missing or wrong, never its value.
 */
export const readEnvironment = <S extends z.ZodType>(schema: S, env: Environment = process.env): z.output<S> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, present));
  throw new AppError('missing_prerequisite', `environment variables: ${problems.join('; ')}`, {
    details: { variables: [...new Set(result.error.issues.map((issue) => issue.path.map(String).join('.')))] },
  });
};

/** The environment of a process, read once at its start and checked against a schema. */
import { AppError } from '@graft/contracts';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the object store is and who we are there. Spread it into a `z.object`. */
export const objectStoreEnvironment = {
  GRAFT_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).describe('Where the object store is: http(s)://host:port.'),
  GRAFT_S3_ACCESS_KEY: z.string().min(1).describe('Who Graft is there.'),
  GRAFT_S3_SECRET_KEY: z.string().min(1).describe('Its secret.'),
  GRAFT_S3_REGION: z.string().min(1).default('us-east-1').describe('Its region.'),
  GRAFT_ARTIFACTS_BUCKET: z.string().min(3).default('artifacts').describe('The bucket of what Graft makes.'),
  GRAFT_LANDING_BUCKET: z.string().min(3).default('landing').describe('The bucket where images land.'),
};

/** Where the registry is, and the token it knows this process by. Spread it into a `z.object`. */
export const registryEnvironment = {
  GRAFT_REGISTRY_URL: z.url({ protocol: /^https?$/ }).describe('Where the registry is: http(s)://host:port.'),
  GRAFT_REGISTRY_TOKEN: z
    .string()
    .min(1)
    .describe('The token by which the registry knows this process, or this person.'),
};

/** Where Temporal is. Spread it into a `z.object`. */
export const temporalEnvironment = {
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:]+:\d+$|^\[[^\]]+\]:\d+$/, 'expected host:port')
    .describe('Where Temporal is: host:port.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe("Temporal's namespace for Graft's workflows."),
};

/** The address that a process listens on. Spread it into a `z.object`. */
export const hostEnvironment = {
  GRAFT_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('The address to listen on. The registry takes another than a loopback one only with tokens.'),
};

/** What any process reads where it needs it: told here so that it can be found. */
export const anyProcessEnvironment = {
  GRAFT_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('How much is logged, on standard error; with debug the graft command shows stack traces too.'),
  GRAFT_CACHE_DIR: z
    .string()
    .optional()
    .describe(
      'What may be deleted at any time: weights, programs, activations. Default: graft in XDG_CACHE_HOME (~/.cache).',
    ),
  GRAFT_DEVICE: z
    .enum(['auto', 'cpu', 'gpu'])
    .default('auto')
    .describe('What trains: auto takes a GPU where there is one and ./graft setup tensorflow --gpu has run.'),
  GRAFT_COMMIT: z
    .string()
    .optional()
    .describe('The commit that is running, for lineage, where there is no checkout to read it from.'),
  HF_ENDPOINT: z.url().default('https://huggingface.co').describe('The Hugging Face hub that weights come from.'),
  HF_TOKEN: z.string().optional().describe('A token of that hub, for weights that are not open to everybody.'),
};

export const portSchema = z.coerce.number().int().min(0).max(65_535);

/** Health and metrics of a process that has no other server. Spread it into a `z.object`. */
export const healthEnvironment = {
  GRAFT_HEALTH_PORT: portSchema
    .optional()
    .describe('The port of /health/live, /health/ready and /metrics; without it there is no such server.'),
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

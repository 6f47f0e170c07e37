/** A stack's secrets, made at random when it is first started: credentials.json, readable by its owner alone. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { readTextIfAny, writeFileAtomically } from '../system/atomic-file.js';
import { stackFolder } from './stack-folder.js';

const credentialsSchema = z.object({
  schemaVersion: z.literal(1),
  postgresPassword: z.string().min(1),
  s3AccessKey: z.string().min(3),
  s3SecretKey: z.string().min(8),
  adminToken: z.string().min(32),
  serviceToken: z.string().min(32),
  servingToken: z.string().min(32),
  /** Servers that the environment named at the last start; null where the stack runs its own. */
  given: z.object({
    databaseUrl: z.string().nullable(),
    s3: z.object({ endpoint: z.string(), accessKey: z.string(), secretKey: z.string() }).nullable(),
    temporalAddress: z.string().nullable(),
  }),
});
export type Credentials = z.infer<typeof credentialsSchema>;
export type GivenServers = Credentials['given'];

const credentialsFile = (name: string): string => join(stackFolder(name), 'credentials.json');

const secret = (): string => randomBytes(32).toString('base64url');

const create = (): Credentials => ({
  schemaVersion: 1,
  postgresPassword: secret(),
  s3AccessKey: `graft${randomBytes(8).toString('hex')}`,
  s3SecretKey: secret(),
  adminToken: secret(),
  serviceToken: secret(),
  servingToken: secret(),
  given: { databaseUrl: null, s3: null, temporalAddress: null },
});

/**
 * The stack's secrets, or null when it was never started.
 * @throws AppError `corrupt` when the file can't be read: its data would be locked out.
 */
export const readCredentials = async (name: string): Promise<Credentials | null> => {
  const text = await readTextIfAny(credentialsFile(name));
  if (text === null) return null;
  try {
    return credentialsSchema.parse(JSON.parse(text));
  } catch (cause) {
    // The cause would print what it found.
    void cause;
    throw new AppError(
      'corrupt',
      `${credentialsFile(name)} is damaged, and holds the keys to this stack's data: restore it, or wipe the stack with "graft down --wipe"`,
    );
  }
};

export const writeCredentials = (name: string, credentials: Credentials): Promise<void> =>
  writeFileAtomically(credentialsFile(name), `${JSON.stringify(credentials, null, 2)}\n`, 0o600);

export const ensureCredentials = async (name: string): Promise<Credentials> => {
  const found = await readCredentials(name);
  if (found !== null) return found;
  const made = create();
  await writeCredentials(name, made);
  return made;
};

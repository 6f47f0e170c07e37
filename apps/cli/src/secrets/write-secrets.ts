/** The secrets of a Graft on servers of one's own: made at random, once, into a file that its owner alone can read. */
import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import { postgresUrl } from '@graft/tools';

/** 256 random bits, in characters that need no quoting in a shell, a URL or a compose file. */
const random = (): string => randomBytes(32).toString('base64url');

type Values = ReadonlyMap<string, string>;

/** In the order in which they are written; what follows from another is made of it. */
const SECRETS: readonly (readonly [name: string, make: (known: Values) => string])[] = [
  ['GRAFT_POSTGRES_PASSWORD', random],
  ['GRAFT_DATABASE_URL', (known) => postgresUrl(5432, known.get('GRAFT_POSTGRES_PASSWORD') ?? '')],
  ['GRAFT_S3_ENDPOINT', () => 'http://127.0.0.1:9000'],
  ['GRAFT_S3_ACCESS_KEY', () => 'graft'],
  ['GRAFT_S3_SECRET_KEY', random],
  ['GRAFT_LANDING_WEBHOOK_TOKEN', random],
  ['TEMPORAL_ADDRESS', () => '127.0.0.1:7233'],
  ['GRAFT_ADMIN_TOKEN', random],
  ['GRAFT_SERVICE_TOKEN', random],
  ['GRAFT_SERVING_TOKEN', random],
];

export interface WrittenSecrets {
  readonly file: string;
  /** Names of what was made now. */
  readonly added: readonly string[];
  /** Names of what was set before, and is as it was. */
  readonly kept: readonly string[];
}

const LINE = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/;

/** What a file of variables sets to something; quotes around a value are not of it. */
const readValues = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value = ''] = LINE.exec(line) ?? [];
      const bare = value.replace(/^(['"])(.*)\1$/, '$2');
      return name === undefined || bare === '' ? [] : [[name, bare] as const];
    }),
  );

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    if (code === 'EISDIR') throw new AppError('usage', `${file} is a folder: name a file`);
    throw new AppError('forbidden', `${file} can't be read (${code ?? 'unknown'})`, { cause: thrown });
  }
};

const write = async (file: string, text: string): Promise<void> => {
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeFile(partial, text, { mode: 0o600, flag: 'wx' });
    await rename(partial, file);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw new AppError(
      'forbidden',
      `${file} can't be written (${(thrown as NodeJS.ErrnoException).code ?? 'unknown'})`,
      {
        cause: thrown,
      },
    );
  }
};

/**
 * Adds what is missing to a file of variables, and makes it its owner's alone. What is set there is never changed: a server that was
 * started with it would not know another.
 * @throws AppError `usage`, `forbidden` where it can't be read or written
 */
export const writeSecrets = async (file: string): Promise<WrittenSecrets> => {
  const present = await read(file);
  const values = readValues(present);
  const kept = SECRETS.map(([name]) => name).filter((name) => values.has(name));
  const added: string[] = [];
  for (const [name, make] of SECRETS) {
    if (values.has(name)) continue;
    values.set(name, make(values));
    added.push(name);
  }
  if (added.length > 0) {
    // An empty line of .env.example stands for what is to be filled in.
    const rest = present
      .split('\n')
      .filter((line) => !added.includes(LINE.exec(line)?.[1] ?? ''))
      .join('\n');
    const lines = added.map((name) => `${name}=${values.get(name) ?? ''}\n`).join('');
    await write(file, `${rest === '' || rest.endsWith('\n') ? rest : `${rest}\n`}${lines}`);
  } else if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
  return { file, added, kept };
};

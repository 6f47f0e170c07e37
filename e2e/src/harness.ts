/** A whole system of one's own for a test: a stack in a temporary folder, driven through the `graft` command as a person would. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMinioStore, type ObjectStore } from '@graft/artifacts';
import { repositoryRoot } from '@graft/tools';
import { execa } from 'execa';

export interface GraftResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface System {
  readonly stateHome: string;
  /** Runs `graft …` on this system's stack. Never throws on an exit code: the test looks at it. */
  graft(args: readonly string[], options?: GraftOptions): Promise<GraftResult>;
  /** Runs `graft … --json` and parses what it printed; throws with its standard error where it failed. */
  json<T>(args: readonly string[], options?: { timeoutMs?: number }): Promise<T>;
  /** Stops every server and takes the folder away. */
  dispose(): Promise<void>;
}

/** The built command: the launcher would only look for what to install, which the test run has done already. */
const COMMAND = join(repositoryRoot(), 'dist/apps/cli/main.js');

export interface GraftOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What a person's shell would set, less what points at a stack of theirs. */
const ownEnvironment = (): Record<string, string | undefined> => {
  const { GRAFT_STACK: _stack, GRAFT_REGISTRY_URL: _url, GRAFT_REGISTRY_TOKEN: _token, ...inherited } = process.env;
  return { ...inherited, NO_COLOR: '1', NODE_OPTIONS: '', GRAFT_ACTOR: 'e2e' };
};

/** Runs `graft …` once. Never throws on an exit code: the test looks at it. */
export const runGraft = async (args: readonly string[], options: GraftOptions = {}): Promise<GraftResult> => {
  const result = await execa(process.execPath, [COMMAND, ...args], {
    cwd: repositoryRoot(),
    env: { ...ownEnvironment(), ...options.env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: options.timeoutMs ?? 120_000,
  });
  return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
};

/** Makes a system whose state lies in a new temporary folder; downloads and builds stay in the user's cache. */
export const createSystem = async (name: string): Promise<System> => {
  const stateHome = await mkdtemp(join(tmpdir(), `graft-${name}-`));
  // PostgreSQL runs as another user where the tests run as root, and must be able to reach its own folder.
  await chmod(stateHome, 0o755);
  const graft: System['graft'] = (args, options = {}) =>
    runGraft(args, { ...options, env: { XDG_STATE_HOME: stateHome, ...options.env } });

  return {
    stateHome,
    graft,
    async json<T>(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<T> {
      const result = await graft([...args, '--json'], options);
      if (result.exitCode !== 0)
        throw new Error(`graft ${args.join(' ')} exited with ${result.exitCode}:\n${result.stderr}`);
      return JSON.parse(result.stdout) as T;
    },
    async dispose() {
      await graft(['down', '--wipe', '--stack', 'default']);
      await graft(['down', '--wipe', '--stack', 'demo']);
      await rm(stateHome, { recursive: true, force: true });
    },
  };
};

/** Asks again until an answer is there. */
export const until = async <T>(
  ask: () => Promise<T | null | undefined | false>,
  params: { what: string; timeoutMs: number; everyMs?: number },
): Promise<T> => {
  const deadline = Date.now() + params.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`${params.what} did not come within ${params.timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, params.everyMs ?? 250));
  }
};

/** What `eval "$(graft env)"` would set: how any other program finds the stack. */
export const clientEnvironment = async (
  system: System,
  stack = 'default',
): Promise<Readonly<Record<string, string>>> => {
  const { stdout } = await system.graft(['env', '--stack', stack]);
  const pairs = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]);
  return Object.fromEntries(pairs) as Record<string, string>;
};

const bucketOf = (environment: Readonly<Record<string, string>>, bucket: string): ObjectStore =>
  createMinioStore({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    accessKey: environment.AWS_ACCESS_KEY_ID ?? '',
    secretKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    region: environment.AWS_REGION ?? '',
    bucket,
  });

/** The landing bucket as any S3 client sees it, with what `graft env` says and nothing else. */
export const landingBucket = async (system: System, stack?: string): Promise<ObjectStore> => {
  const environment = await clientEnvironment(system, stack);
  return bucketOf(environment, environment.GRAFT_LANDING_BUCKET ?? '');
};

/** The bucket of artifacts, in the same way. */
export const artifactsBucket = async (system: System): Promise<ObjectStore> => {
  const environment = await clientEnvironment(system);
  return bucketOf(environment, 'artifacts');
};

/** `graft demo`: sets up everything and tells the main job end to end, on a stack of its own. */
import { resolve } from 'node:path';
import { AppError } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import {
  destroyStack,
  listStacks,
  runningStacks,
  setupTasks,
  showTasks,
  stackDown,
  stackServers,
  stackUp,
} from '@graft/tools';
import type { Command } from 'commander';
import { openConsole } from '../console-address.js';
import { contextOf } from '../context.js';
import { runDemo, type DemoResult, type StageTime } from '../demo/run-demo.js';
import { emojiStory, folderStory, type Story } from '../demo/story.js';
import { formatSummary } from '../demo/summary.js';
import { formatSeconds, note, paint, printJson, printLine } from '../output.js';

/** The demo's stack is its own, unless --stack names another: it starts empty each time, and leaves everything else alone. */
const STACK = 'demo';

/** @throws AppError `conflict` for a stack that is in use, or that no demo made: it would be wiped */
const checkFree = async (stack: string): Promise<void> => {
  if ((await runningStacks()).includes(stack)) {
    throw new AppError(
      'conflict',
      `the stack "${stack}" is running, and a demo begins with an empty one: ./graft down --stack ${stack} first, or --stack NAME for another`,
      { details: { stack } },
    );
  }
  if (stack === STACK || !(await listStacks()).includes(stack)) return;
  throw new AppError(
    'conflict',
    `there is a stack "${stack}", and a demo begins with an empty one: name another, or ./graft down --wipe --stack ${stack}`,
    { details: { stack } },
  );
};

interface DemoOptions {
  readonly data?: string;
  readonly keep?: boolean;
  readonly json?: boolean;
}

/** A person's folder is looked at before anything slow begins. */
const prepareStory = async (data: string | undefined): Promise<Story> => {
  const { cacheDir } = graftPaths();
  const ownStory = data === undefined ? null : await folderStory(resolve(data));
  await showTasks(setupTasks({ cacheDir, emojiArt: ownStory === null }));
  return ownStory ?? emojiStory({ cacheDir });
};

/** Ctrl-C takes the servers down as well; a second one ends at once. */
const onInterrupt = (end: () => Promise<void>): (() => void) => {
  const handler = (): void => {
    note('\ninterrupted: stopping the demo’s servers');
    process.once('SIGINT', () => process.exit(130));
    void end().finally(() => process.exit(130));
  };
  process.once('SIGINT', handler);
  return () => process.off('SIGINT', handler);
};

const furtherLines = async (stack: string, environment: Readonly<Record<string, string>>): Promise<string[]> => {
  const servers = await stackServers(stack);
  const { registry } = contextOf(environment);
  const console = await openConsole(registry, environment.GRAFT_REGISTRY_URL ?? '');
  return [
    'The demo’s stack is left running. Look around:',
    `  console         ${console.url}`,
    `                  (signs in as ${console.name}; ./graft console --stack ${stack} prints another)`,
    '  ./graft status · ./graft runs list · ./graft review · ./graft --help',
    `  workflows       ${servers.temporalUi ?? servers.temporalAddress}`,
    `  objects         ${servers.minioConsole ?? servers.s3.endpoint} (keys: ./graft env)`,
    `  registry's API  ${environment.GRAFT_REGISTRY_URL ?? ''}/openapi.json`,
    `  served model    ${environment.GRAFT_SERVING_URL ?? ''}/v2`,
    `  stop it with    ./graft down --stack ${stack}`,
  ];
};

export const registerDemo = (program: Command): void => {
  program
    .command('demo')
    .description('set up everything and run the main job end to end: land, retrain, review, promote, serve, roll back')
    .option('--data <dir>', 'your own images: <label>/<file>, or <train|val|test>/<label>/<file> (default: emoji art)')
    .option('--keep', 'leave the stack running afterwards')
    .option('--json', 'print the result as one JSON object')
    .action(async ({ data, keep = false, json = false }: DemoOptions, command: Command) => {
      // Not GRAFT_STACK, which may name what people work with.
      const { stack = STACK } = command.optsWithGlobals<{ stack?: string }>();
      await checkFree(stack);
      const startedAt = performance.now();
      const stages: StageTime[] = [];
      const story = await prepareStory(data);
      await destroyStack(stack, note);
      const stopListening = onInterrupt(async () => void (await stackDown({ name: stack })));
      let result: DemoResult | null = null;
      try {
        const { environment } = await stackUp({ name: stack, show: showTasks });
        stages.push({ name: 'set up', seconds: (performance.now() - startedAt) / 1000 });
        result = await runDemo(contextOf(environment), story, stages);
        const totalSeconds = (performance.now() - startedAt) / 1000;
        note(`\n${paint('bold', `done in ${formatSeconds(totalSeconds)}`, process.stderr)}\n`);
        if (json) printJson({ ...result, totalSeconds, kept: keep });
        else printLine(formatSummary(result));
        if (keep) (await furtherLines(stack, environment)).forEach((line) => note(line));
        else
          note('\n--keep would leave the stack running, with the Temporal UI and the MinIO console to look around in');
      } finally {
        stopListening();
        // A demo that failed is left running where it was asked to be kept: its logs and servers tell why.
        if (!keep) await stackDown({ name: stack });
      }
    });
};

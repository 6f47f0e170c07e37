/** Set-up tasks on a terminal: one line each, all at once, with their times; plain lines elsewhere. Standard error only. */
import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from 'listr2';
import { restoreWhenInterrupted } from './interruption.js';
import { PrerequisiteFailed, throwFirstFailure } from './setup-task.js';
import type { SetupTask, ShowTasks } from './setup-task.js';

const seconds = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** How often a log gets a line from one task: a build speaks each second. */
const QUIET_MS = 15_000;

const runWithLines = async ({ title, run }: SetupTask): Promise<void> => {
  const startedAt = Date.now();
  let spokeAt = startedAt;
  try {
    const remark = await run((text) => {
      if (Date.now() - spokeAt < QUIET_MS) return;
      spokeAt = Date.now();
      say(`  ${title}: ${text}`);
    });
    say(`✔ ${title} (${seconds(Date.now() - startedAt)}${remark ? `, ${remark}` : ''})`);
  } catch (error) {
    if (!(error instanceof PrerequisiteFailed)) say(`✖ ${title} (${seconds(Date.now() - startedAt)})`);
    throw error;
  }
};

/** listr2 asks whether standard *output* is a terminal; ours goes to standard error, and a pipe may take the data. */
class StandardErrorRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

const standardError = (): ListrLogger =>
  new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });

const showOnTerminal: ShowTasks = async (tasks) => {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title,
      task: async (_context: unknown, line): Promise<void> => {
        const startedAt = Date.now();
        try {
          const remark = await run((text) => void (line.output = text));
          line.title = `${title} (${seconds(Date.now() - startedAt)}${remark ? `, ${remark}` : ''})`;
          outcomes.push({ status: 'fulfilled', value: undefined });
        } catch (reason) {
          outcomes.push({ status: 'rejected', reason });
          if (reason instanceof PrerequisiteFailed) line.skip(`${title}: not tried`);
          else throw new Error(`${title} failed`);
        }
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      // Its own would paint every task as failed and exit with 127, before anyone else is told.
      registerSignalListeners: false,
      renderer: StandardErrorRenderer,
      rendererOptions: { logger: standardError(), collapseErrors: true },
    },
  );
  // The renderer's end gives the cursor back.
  await restoreWhenInterrupted(
    () => list['renderer']?.end(),
    () => list.run(),
  );
  throwFirstFailure(outcomes);
};

/** @see ShowTasks */
export const showTasks: ShowTasks = async (tasks) => {
  if (process.stderr.isTTY && process.env['CI'] === undefined) return showOnTerminal(tasks);
  throwFirstFailure(await Promise.allSettled(tasks.map(runWithLines)));
};

/** `graft why`: what serves and why, on one page. */
import { AppError } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { explainServing, formatServingStory } from '../model/explain-serving.js';
import { printJson, printLine } from '../output.js';

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * A moment; without a zone it is meant in UTC, as every time is printed. Told to the second, as times are printed too, it is that
 * second's end: what was decided in it counts.
 * @throws AppError `usage`.
 */
export const parseTime = (text: string): Date => {
  const [, day, clock = '00:00', zone = 'Z'] = TIME.exec(text.trim()) ?? [];
  const time = new Date(day === undefined ? NaN : `${day}T${clock}${zone}`);
  if (!Number.isNaN(time.getTime())) {
    const isWholeSecond = /^\d{2}:\d{2}:\d{2}$/.test(clock);
    if (time.getTime() <= Date.now()) return new Date(Math.min(Date.now(), time.getTime() + (isWholeSecond ? 999 : 0)));
    throw new AppError('usage', `--at ${text} is ahead: what will serve then, nobody knows`);
  }
  throw new AppError('usage', `--at expects a time such as 2026-11-26T14:30:00Z or 2026-11-26, got "${text}"`);
};

export const registerWhy = (program: Command): void => {
  program
    .command('why <model>')
    .description('what serves, since when, who approved it on what evidence, from which data, backbone and code')
    .option('--at <time>', 'what served at that moment (ISO 8601; without a zone: UTC)')
    .option('--environment <name>', 'one environment alone')
    .option('--json', 'print an array, one for each environment, as JSON')
    .action(async (model: string, options: { at?: string; environment?: string; json?: boolean }, command: Command) => {
      const at = options.at === undefined ? undefined : parseTime(options.at);
      const stories = await explainServing(await connect(command), { model, environment: options.environment, at });
      if (options.json === true) return printJson(stories);
      printLine(stories.map((story) => formatServingStory(model, story)).join('\n\n'));
    });
};

/** Times of a crontab(5): five fields, in UTC. What Temporal's schedules understand as well, and no more than that. */
import { Cron } from 'croner';

/** Numbers, names of months and days, lists, ranges and steps; extensions (L, W, #, ?) mean different things to different readers. */
const VALUE = String.raw`(\d+|[A-Za-z]{3})`;
const PART = String.raw`(\*|${VALUE}(-${VALUE})?)(/\d+)?`;
const FIELD = new RegExp(`^${PART}(,${PART})*$`);
const FIELDS = 5;

const parse = (cron: string): Cron => new Cron(cron, { mode: '5-part', utcOffset: 0, paused: true });

/** What is wrong with it, for a person; null where nothing is. */
export const cronProblem = (cron: string): string | null => {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== FIELDS)
    return `expected five fields: minute hour day-of-month month day-of-week, got ${fields.length}`;
  const odd = fields.find((field) => !FIELD.test(field));
  if (odd !== undefined) return `"${odd}" is no field of a crontab: numbers, names, *, lists, ranges and steps alone`;
  try {
    return parse(cron).nextRun(new Date(0)) === null ? `"${cron}" never comes` : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/**
 * The first time of a crontab after a moment.
 * @param cron without a problem
 */
export const nextCron = (cron: string, after: Date): Date | null => parse(cron).nextRun(after);

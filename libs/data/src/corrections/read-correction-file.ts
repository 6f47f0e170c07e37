/**
 * A file of corrections: CSV with the columns `image`, `action` and, for relabel, `label` (RFC 4180, with a header), or JSON
 * Lines of actions as the registry takes them.
 */
import { AppError, correctionActionSchema, type CorrectionAction } from '@graft/contracts';
import { parse } from 'csv-parse/sync';
import { createContradictionFinder } from './find-contradiction.js';
import { sayActionProblem } from './say-action-problem.js';

/** A file that is wrong from end to end is told of by its first lines. */
const MAX_PROBLEMS = 10;

const COLUMNS = ['image', 'action', 'label'];

/** What a row of a CSV can say; JSON Lines say the others as well. */
const ROW_ACTIONS = ['relabel', 'remove', 'restore', 'dismiss'];

type Line = { readonly line: number; readonly value: unknown };

const toAction = ({ image, action, label }: Record<string, string>): unknown => {
  const given = label === undefined || label === '' ? {} : { label };
  return action === 'dismiss' ? { action, keys: [image], ...given } : { action, images: [image], ...given };
};

const readCsv = (name: string, text: string): Line[] => {
  let records: { info: { lines: number }; record: Record<string, string> }[];
  try {
    records = parse(text, {
      bom: true,
      columns: (header: string[]) => header.map((column) => column.toLowerCase()),
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (cause) {
    throw new AppError('usage', `${name} is no CSV: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const columns = Object.keys(records[0]?.record ?? {});
  if (!columns.includes('image') || !columns.includes('action') || columns.some((each) => !COLUMNS.includes(each))) {
    throw new AppError(
      'usage',
      `${name}: its first line has to name the columns image, action and label; got "${columns.join(',')}"`,
    );
  }
  return records.map(({ info, record }) => ({ line: info.lines, value: toAction(record) }));
};

const readJsonLines = (name: string, text: string): Line[] =>
  text.split('\n').flatMap((row, at) => {
    if (row.trim() === '') return [];
    try {
      return [{ line: at + 1, value: JSON.parse(row) as unknown }];
    } catch (cause) {
      throw new AppError('usage', `${name}, line ${at + 1}: it is no JSON`, { cause });
    }
  });

/** Adds an action's images to the one before where both do the same; whether it could. */
const addTo = (last: CorrectionAction | undefined, next: CorrectionAction): boolean => {
  if (last === undefined || last.action !== next.action) return false;
  if ('label' in last && 'label' in next && last.label !== next.label) return false;
  if ('images' in last && 'images' in next) last.images.push(...next.images);
  else if ('keys' in last && 'keys' in next) last.keys.push(...next.keys);
  else return false;
  return true;
};

/**
 * The actions of a file, in its order; rows in a row that do the same are one action, whatever its size.
 * @param name of the file, for messages; JSON Lines where it ends in `.jsonl`, else CSV
 * @throws AppError `usage` that names the lines that say nothing, or that contradict each other
 */
export const readCorrectionFile = (name: string, text: string): CorrectionAction[] => {
  const isJson = name.endsWith('.jsonl');
  const lines = isJson ? readJsonLines(name, text) : readCsv(name, text);
  const findContradiction = createContradictionFinder();
  const problems: string[] = [];
  const actions: CorrectionAction[] = [];
  for (const { line, value } of lines) {
    const parsed = correctionActionSchema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      if (issue !== undefined) {
        problems.push(`line ${line}: ${sayActionProblem(value, issue, isJson ? undefined : ROW_ACTIONS)}`);
      }
      continue;
    }
    const contradiction = findContradiction(line, parsed.data);
    if (contradiction !== null) {
      problems.push(contradiction);
      continue;
    }
    if (!addTo(actions.at(-1), parsed.data)) actions.push(parsed.data);
  }
  if (problems.length > 0) {
    const more = problems.length > MAX_PROBLEMS ? `\nand ${problems.length - MAX_PROBLEMS} more` : '';
    throw new AppError(
      'usage',
      `${name} says what can't be done:\n${problems.slice(0, MAX_PROBLEMS).join('\n')}${more}`,
      { details: { problems: problems.slice(0, 100) } },
    );
  }
  if (actions.length === 0) throw new AppError('usage', `${name} holds no action`);
  return actions;
};

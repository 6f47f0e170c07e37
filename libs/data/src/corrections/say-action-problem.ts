/** What is wrong with a line of a corrections file, in words: what was found, and what may stand there. */
import { correctionActionSchema } from '@graft/contracts';

type Issue = NonNullable<ReturnType<typeof correctionActionSchema.safeParse>['error']>['issues'][number];

const ACTIONS = correctionActionSchema.options.map(({ shape }) => shape.action.value);

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/** As it stands in the file, cut short. */
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

/**
 * @param value the line, as it was read
 * @param issue the first thing that the schema of actions says of it
 * @param actions those that such a file may hold
 */
export const sayActionProblem = (value: unknown, issue: Issue, actions: readonly string[] = ACTIONS): string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected an object with an action, got ${shown(value)}`;
  }
  const action = valueAt(value, ['action']);
  if (typeof action !== 'string' || !actions.includes(action)) {
    return `the action is ${listed(actions)}, got ${action === undefined ? 'none' : shown(action)}`;
  }
  const [field, at] = issue.path;
  const found = valueAt(value, issue.path);
  const name = typeof at === 'number' ? `number ${at + 1} of its ${String(field)}` : `its ${String(field)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${action} takes no ${issue.keys.join(', ')}`;
    case 'too_small':
      if (found === '') return typeof at === 'number' ? 'it names no image' : `${name} is empty`;
      if (Array.isArray(found)) return `its list of ${String(field)} is empty`;
      return `${name} is at least ${issue.minimum}, got ${shown(found)}`;
    case 'too_big':
      return `${name} is longer than ${issue.maximum}: ${shown(found)}`;
    case 'invalid_type':
      if (found === undefined) return `${action} needs ${String(field)}, and it has none`;
      return `${name} has to be ${issue.expected === 'int' ? 'a whole number' : `a kind of ${issue.expected}`}, got ${shown(found)}`;
    default:
      return `${name} can't be ${shown(found)}: ${issue.message}`;
  }
};

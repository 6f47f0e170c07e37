/**
 * MLflow's filter strings: comparisons joined by AND. Its grammar is what sqlparse makes of them (mlflow/utils/search_utils.py): quotes
 * are stripped from values and nothing within is unescaped; AND may be left out.
 */
import { invalidParameter } from './mlflow-error.js';

export interface Condition {
  readonly type: 'attribute' | 'tag';
  readonly key: string;
  /** In capitals. */
  readonly comparator: string;
  readonly value: string | bigint | readonly string[];
}

/** What may be asked of one kind of entity. */
export interface FilterRules {
  readonly numeric: readonly string[];
  readonly text: readonly string[];
  /** Those that IN takes. */
  readonly listed: readonly string[];
}

export const MODEL_FILTER: FilterRules = { numeric: [], text: ['name'], listed: ['name'] };
export const VERSION_FILTER: FilterRules = {
  numeric: ['version_number'],
  text: ['name', 'run_id', 'source_path'],
  listed: ['name', 'run_id'],
};

const NUMERIC_COMPARATORS = ['=', '!=', '>', '>=', '<', '<='];
const TAG_COMPARATORS = ['=', '!=', 'LIKE', 'ILIKE'];
const LIST_COMPARATORS = ['IN', 'NOT IN'];

const QUOTED = String.raw`"(?:""|\\"|[^"])*"|${'`'}(?:${'``'}|[^${'`'}])*${'`'}`;
const NAME = String.raw`(?:[\p{L}_][\p{L}\p{N}_$#]*|${QUOTED})`;
/** After a dot. Words that begin something in SQL are none. */
const PART = String.raw`(?!(?:CASE|IN|VALUES|USING|FROM|AS)(?![\p{L}\p{N}_]))(?:\d*[\p{L}_][\p{L}\p{N}_]*(?![$#])|${QUOTED})`;
/** In the order in which they are tried; a list is its text. */
const TOKENS = {
  space: /\s+/uy,
  and: /AND(?![\p{L}\p{N}_$#.])/iuy,
  comparator: /(?:[<>=~!]+|(?:NOT\s+)?(?:I|R)?LIKE(?![\p{L}\p{N}_])|(?:NOT\s+)?IN(?=\s*\())/iuy,
  text: /'(?:''|\\'|[^'])*'/uy,
  number: /-?(?:\d+\.?\d*|\.\d+)(?:E-?\d+)?(?![\p{L}\p{N}_.])/iuy,
  list: /\((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^()'"])*\)/uy,
  name: new RegExp(String.raw`${NAME}(?:\.${PART})*\.?`, 'uyi'),
} as const;
type Kind = keyof typeof TOKENS;
interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const tokensOf = (filter: string): Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < filter.length;) {
    const token = (Object.keys(TOKENS) as Kind[]).flatMap((kind): Token[] => {
      const pattern = TOKENS[kind];
      pattern.lastIndex = at;
      const match = pattern.exec(filter);
      return match === null ? [] : [{ kind, text: match[0] }];
    })[0];
    if (token === undefined) throw invalidParameter(`Invalid clause(s) in filter string: ${filter.slice(at)}`);
    at += token.text.length;
    if (token.kind !== 'space') tokens.push(token);
  }
  return tokens;
};

const unquoted = (text: string, quotes: string): string => {
  const first = text[0] ?? '';
  return text.length >= 2 && quotes.includes(first) && text.endsWith(first) ? text.slice(1, -1) : text;
};

const identifierOf = (text: string, rules: FilterRules): Pick<Condition, 'type' | 'key'> => {
  const dot = text.indexOf('.');
  const entity = dot === -1 ? 'attribute' : text.slice(0, dot);
  const key = text.slice(dot + 1);
  if (!['attribute', 'tag', 'tags'].includes(entity)) {
    throw invalidParameter(`Invalid entity type '${entity}'. Valid entity types are ('attribute', 'tag', 'tags')`);
  }
  const valid = [...rules.text, ...rules.numeric];
  if (entity === 'attribute' && !valid.includes(key)) {
    throw invalidParameter(
      `Invalid attribute key '${key}' specified. Valid keys are '{${valid.map((one) => `'${one}'`).join(', ')}}'`,
    );
  }
  return { type: entity === 'attribute' ? 'attribute' : 'tag', key: unquoted(unquoted(key, `'"`), '`') };
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', "'": "'", '"': '"', '\\': '\\' };

/** The strings of a Python tuple. */
const listOf = (text: string): string[] => {
  const inner = text.slice(1, -1);
  const item = String.raw`(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")`;
  if (inner.trim() === '') {
    throw invalidParameter(
      'While parsing a list in the query, expected a non-empty list of string values, but got empty list',
    );
  }
  if (!new RegExp(String.raw`^\s*${item}(?:\s*,\s*${item})*\s*,?\s*$`, 'us').test(inner)) {
    throw invalidParameter(
      `While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list: ${text}`,
    );
  }
  return (inner.match(new RegExp(item, 'gus')) ?? []).map((one) =>
    one.slice(1, -1).replaceAll(/\\(.)/gsu, (whole, letter: string) => ESCAPES[letter] ?? whole),
  );
};

const numberOf = (key: string, text: string): bigint => {
  if (/^\s*[+-]?\d+\s*$/.test(text)) return BigInt.asIntN(64, BigInt(text.trim().replace('+', '')));
  throw invalidParameter(`Invalid value for numeric attribute '${key}': '${text}'`);
};

const expected = (what: string, { text }: Token): Error => invalidParameter(`Expected ${what}. Got value ${text}`);

const valueOf = (left: Pick<Condition, 'type' | 'key'>, token: Token, rules: FilterRules): Condition['value'] => {
  const { kind, text } = token;
  const isNumeric = left.type === 'attribute' && rules.numeric.includes(left.key);
  if (kind === 'text' || (kind === 'name' && /^"[^]*"$/.test(text))) {
    const value = text.slice(1, -1);
    return isNumeric ? numberOf(left.key, value) : value;
  }
  if (kind === 'name') {
    throw invalidParameter(
      `Parameter value is either not quoted or unidentified quote types used for string value ${text}. Use either single or double quotes.`,
    );
  }
  if (left.type === 'tag') throw expected("a quoted string value for tag (e.g. 'my-value')", token);
  if (kind === 'list') {
    if (rules.listed.includes(left.key)) return listOf(text);
    throw invalidParameter(
      `Only ${JSON.stringify(rules.listed).replaceAll('"', "'")} attributes support comparison with a list of quoted string values.`,
    );
  }
  if (kind === 'number' && rules.numeric.length > 0) {
    if (isNumeric) return numberOf(left.key, text);
    throw invalidParameter(`Only the '${rules.numeric.join(', ')}' attributes support comparison with numeric values.`);
  }
  throw expected('a quoted string value or a list of quoted string values for attributes', token);
};

const checkComparator = ({ type, key, comparator, value }: Condition, rules: FilterRules): void => {
  if (type === 'tag') {
    if (TAG_COMPARATORS.includes(comparator)) return;
    throw invalidParameter(`Invalid comparator for tag: ${comparator}`);
  }
  if (rules.numeric.includes(key)) {
    if (NUMERIC_COMPARATORS.includes(comparator)) return;
    throw invalidParameter(`Invalid comparator for attribute ${key}: ${comparator}`);
  }
  const isList = typeof value === 'object';
  if ((isList ? LIST_COMPARATORS : TAG_COMPARATORS).includes(comparator)) return;
  throw invalidParameter(`Invalid comparator for attribute: ${comparator}`);
};

/**
 * @param filter empty: no condition
 * @throws MlflowError INVALID_PARAMETER_VALUE.
 */
export const parseFilter = (filter: string, rules: FilterRules): Condition[] => {
  const tokens = tokensOf(filter);
  if (filter !== '' && tokens.length === 0) throw invalidParameter(`Invalid filter '${filter}'. Could not be parsed.`);
  const conditions: Condition[] = [];
  for (let at = 0; at < tokens.length;) {
    if (tokens[at]?.kind === 'and') {
      at += 1;
      continue;
    }
    const [left, comparator, right] = tokens.slice(at, at + 3);
    if (left === undefined || comparator?.kind !== 'comparator' || right === undefined) {
      const rest = tokens.slice(at).map(({ text }) => text);
      throw invalidParameter(`Invalid clause(s) in filter string: ${rest.join(' ')}`);
    }
    if (left.kind !== 'name') {
      throw invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${left.text}'`);
    }
    const identifier = identifierOf(left.text, rules);
    const condition: Condition = {
      ...identifier,
      comparator: comparator.text.toUpperCase().replaceAll(/\s+/g, ' '),
      value: valueOf(identifier, right, rules),
    };
    checkComparator(condition, rules);
    conditions.push(condition);
    at += 3;
  }
  return conditions;
};

const IS_PROMPT = 'mlflow.prompt.is_prompt';

/** Prompts are models with a tag; a search that doesn't ask for them leaves them out, whatever else it says of that tag. */
export const splitPrompts = (conditions: readonly Condition[]): { conditions: Condition[]; prompts: boolean } => {
  const first = conditions.find(({ type, key }) => type === 'tag' && key === IS_PROMPT);
  const wanted = typeof first?.value === 'string' ? first.value.toLowerCase() : '';
  const prompts =
    (first?.comparator === '=' && wanted === 'true') || (first?.comparator === '!=' && wanted === 'false');
  return {
    prompts,
    conditions: conditions.filter(({ type, key }) => prompts || type !== 'tag' || key !== IS_PROMPT),
  };
};

export const isPrompt = (tags: readonly { key: string; value: string }[]): boolean =>
  tags.findLast(({ key }) => key === IS_PROMPT)?.value.toLowerCase() === 'true';

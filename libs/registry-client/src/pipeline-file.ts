/**
 * A pipeline's YAML file → Pipeline, with errors that say where: line, column, field.
 * `graft pipelines validate` and the registry read with this same function.
 */
import { AppError, pipelineSchema, pipelineTrainSchema, type Pipeline } from '@graft/contracts';
import { checkInputSize, checkStages, checkWeightsReference, describeNetwork, weightsOf } from '@graft/models/catalog';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';

/** One thing that is wrong in the file. Line and column count from 1; `field` is empty for the file as a whole. */
export interface PipelineFileError {
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly message: string;
}

const MAX_BYTES = 256 * 1024;
/** How many nodes an alias may unfold to: YAML lets nine lines describe a billion. */
const MAX_ALIASES = 50;

const invalid = (errors: readonly PipelineFileError[], cause?: unknown): AppError => {
  const lines = errors.map(
    ({ line, column, field, message }) => `line ${line}:${column}${field === '' ? '' : ` ${field}`}: ${message}`,
  );
  return new AppError('invalid_pipeline', `the pipeline file is not valid: ${lines.join('; ')}`, {
    details: { errors: [...errors] },
    cause,
  });
};

/** The key's own node in the map at `path`, for a key that shouldn't be there. */
const keyNode = (document: Document, path: readonly PropertyKey[], key: string): Node | undefined => {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return undefined;
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isNode(pair?.key) ? pair.key : undefined;
};

/** The node that a path leads to, or the nearest one above it: a missing field has no place of its own. */
const nearestNode = (document: Document, path: readonly PropertyKey[]): Node | null => {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents as Node | null;
};

const placeOf = (lines: LineCounter, node: Node | null | undefined): { line: number; column: number } => {
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
};

/** Zod's issues as places in the file; one issue about several unknown keys becomes one error for each. */
const locate = (document: Document, lines: LineCounter, issue: z.core.$ZodIssue): PipelineFileError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeOf(lines, keyNode(document, issue.path, key) ?? nearestNode(document, issue.path)),
      field: [...issue.path, key].join('.'),
      message: 'there is no such field',
    }));
  }
  const isMissing = issue.path.length > 0 && document.getIn(issue.path) === undefined;
  return [
    {
      ...placeOf(lines, nearestNode(document, issue.path)),
      field: issue.path.join('.'),
      message: isMissing && issue.code !== 'custom' ? `is missing (${issue.message})` : issue.message,
    },
  ];
};

/** Of a file that names none. */
const DEFAULT_BACKBONE = pipelineTrainSchema.parse({}).backbone;

const BACKBONE_PATH = ['train', 'backbone'] as const;
const WEIGHTS_PATH = ['train', 'weights'] as const;
const INPUT_SIZE_PATH = ['train', 'inputSize'] as const;
const STAGES_PATH = ['train', 'stages'] as const;
const STRATEGY_PATH = ['train', 'strategy'] as const;

/**
 * A network that there isn't, weights that can't be anybody's, images that are too small, more stages than there are: said
 * here, for the trainer would find it hours later. What isn't of the right type is the schema's affair.
 */
const checkTraining = (document: Document, lines: LineCounter): PipelineFileError[] => {
  const errors: PipelineFileError[] = [];
  const check = (path: readonly string[], work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const place = placeOf(lines, nearestNode(document, path));
      errors.push({ ...place, field: path.join('.'), message: thrown.message });
    }
  };
  const [name, weights, inputSize, stages, strategy] = [
    BACKBONE_PATH,
    WEIGHTS_PATH,
    INPUT_SIZE_PATH,
    STAGES_PATH,
    STRATEGY_PATH,
  ].map((path) => document.getIn(path));
  if (typeof weights === 'string' && weights !== '') check(WEIGHTS_PATH, () => checkWeightsReference(weights));
  if (name !== undefined && (typeof name !== 'string' || name === '')) return errors;
  check(BACKBONE_PATH, () => {
    const network = describeNetwork(name ?? DEFAULT_BACKBONE);
    // Training from scratch needs nobody's weights.
    if (strategy !== 'scratch') weightsOf(network, typeof weights === 'string' ? weights : undefined);
    if (Number.isSafeInteger(inputSize) && Number(inputSize) > 0)
      check(INPUT_SIZE_PATH, () => checkInputSize(network, Number(inputSize)));
    if (Number.isSafeInteger(stages) && Number(stages) > 0)
      check(STAGES_PATH, () => checkStages(network, Number(stages)));
  });
  return errors;
};

/**
 * Reads a pipeline file. Defaults are filled in.
 * @throws AppError `invalid_pipeline` with `details.errors: PipelineFileError[]`, in the order of the file.
 */
export const parsePipelineFile = (text: string): Pipeline => {
  const whole = (message: string): AppError => invalid([{ line: 1, column: 1, field: '', message }]);
  if (Buffer.byteLength(text) > MAX_BYTES) throw whole(`larger than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { line: Math.max(line, 1), column: Math.max(col, 1), field: '', message: error.message };
      }),
    );
  }
  if (document.contents === null) throw whole('the file is empty');
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (thrown) {
    throw whole(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const parsed = pipelineSchema.safeParse(value);
  const ofNetwork = checkTraining(document, lines);
  // The schema's bounds are those of any network: where this one has said what it can, they would say something else.
  const isSaid = ({ field }: PipelineFileError): boolean => ofNetwork.some((error) => error.field === field);
  const errors = [
    ...(parsed.error?.issues ?? [])
      .flatMap((issue) => locate(document, lines, issue))
      .filter((error) => !isSaid(error)),
    ...ofNetwork,
  ];
  if (parsed.success && errors.length === 0) return parsed.data;
  throw invalid(errors.sort((a, b) => a.line - b.line || a.column - b.column));
};

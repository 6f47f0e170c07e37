/** A pre-trained network on image files. */
import { readFile, writeFile } from 'node:fs/promises';
import { exitCodeOf, type AppError, type Preprocessing } from '@graft/contracts';
import {
  buildClassifier,
  buildEmbedder,
  IMAGENET_LABELS,
  loadOnnxModel,
  outputNamed,
  runImages,
  writeSafetensors,
  type Runtime,
} from '@graft/models';
import { formatShare, note, paint, printJson, printTable } from '../../output.js';
import { checkOutput } from '../../output-path.js';
import { createProgress } from '../../progress.js';
import { findImageFiles } from './image-files.js';
import { openSource } from './open-model.js';
import type { ModelOptions } from './options.js';

export interface ImageOptions extends ModelOptions {
  readonly size?: number;
  readonly json?: boolean;
}

/** The source for a square input of the size asked for, and the preprocessing that makes such an input. */
const openForImages = async (options: ImageOptions) => {
  const source = await openSource(
    options,
    options.size === undefined ? undefined : { height: options.size, width: options.size },
  );
  return { source, preprocessing: { ...source.backbone.preprocessing, inputSize: source.size.height } };
};

/** A file that could be read, with its row of an output, or what kept it from one. */
type Outcome =
  { readonly file: string; readonly values: Float32Array } | { readonly file: string; readonly error: AppError };

/** For each file, in the files' order. */
const outcomesOf = async (options: {
  title: string;
  files: readonly string[];
  preprocessing: Preprocessing;
  runtime: Runtime;
  output: string;
}): Promise<readonly Outcome[]> => {
  const { title, files, preprocessing, runtime, output } = options;
  const progress = createProgress(title);
  const outcomes = new Map<string, Outcome>();
  await runImages({
    images: [...new Set(files)],
    load: (file) => readFile(file),
    preprocessing,
    runtime,
    onUnfit: (file, error) => outcomes.set(file, { file, error }),
    onBatch: ({ outputs, images }) => {
      const values = outputNamed(outputs, output);
      const length = values.length / images.length;
      images.forEach((file, row) =>
        outcomes.set(file, { file, values: values.slice(row * length, (row + 1) * length) }),
      );
      progress.update(outcomes.size, files.length);
    },
  });
  progress.stop();
  return files.flatMap((file) => outcomes.get(file) ?? []);
};

/** One bad file takes nothing from the others; when there is no good one, the first fault is the whole answer. */
const tellFaults = (outcomes: readonly Outcome[]): void => {
  const faults = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === outcomes.length) throw first;
  process.exitCode = exitCodeOf(first.code);
  for (const { message } of faults) note(`${paint('red', 'error', process.stderr)} ${message}`);
};

/** ImageNet's names where the network has its thousand classes; else the class numbers. */
const labelOf = (index: number, classes: number): string =>
  (classes === IMAGENET_LABELS.length ? IMAGENET_LABELS[index] : undefined) ?? String(index);

const bestOf = (probabilities: Float32Array, top: number) =>
  [...probabilities]
    .map((probability, index) => ({ index, label: labelOf(index, probabilities.length), probability }))
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, top);

export const runClassify = async (paths: readonly string[], options: ImageOptions & { top: number }): Promise<void> => {
  const files = await findImageFiles(paths);
  const { source, preprocessing } = await openForImages(options);
  const runtime = await loadOnnxModel(buildClassifier(source));
  try {
    const title = source.backbone.name;
    const outcomes = await outcomesOf({ title, files, preprocessing, runtime, output: 'probabilities' });
    tellFaults(outcomes);
    const answers = outcomes.map((outcome) =>
      'error' in outcome
        ? { file: outcome.file, error: { code: outcome.error.code, message: outcome.error.message } }
        : { file: outcome.file, classes: bestOf(outcome.values, options.top) },
    );
    if (options.json === true) return printJson(answers);
    printTable(
      ['file', 'class', 'probability', ...(options.top > 1 ? ['then'] : [])],
      answers.flatMap((answer) => {
        const [best, ...others] = answer.classes ?? [];
        if (best === undefined) return [];
        const then = others.map(({ label, probability }) => `${label} ${formatShare(probability)}`).join(', ');
        return [[answer.file, best.label, formatShare(best.probability), ...(options.top > 1 ? [then] : [])]];
      }),
    );
  } finally {
    await runtime.dispose();
  }
};

export const runFeatures = async (
  paths: readonly string[],
  options: ImageOptions & { output: string },
): Promise<void> => {
  await checkOutput(options.output);
  const files = await findImageFiles(paths);
  const { source, preprocessing } = await openForImages(options);
  const { onnx, featureLength: length } = buildEmbedder(source);
  const runtime = await loadOnnxModel(onnx);
  try {
    const { name: model } = source.backbone;
    const outcomes = await outcomesOf({ title: model, files, preprocessing, runtime, output: 'features' });
    tellFaults(outcomes);
    const rows = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]));
    const data = new Float32Array(rows.length * length);
    rows.forEach(({ values }, index) => data.set(values, index * length));
    const features = { shape: [rows.length, length], dtype: 'F32', data } as const;
    const metadata = { model, files: JSON.stringify(rows.map(({ file }) => file)) };
    await writeFile(options.output, writeSafetensors(new Map([['features', features]]), metadata));
    if (options.json === true) return printJson({ model, images: rows.length, length, output: options.output });
    note(`${model}: ${rows.length} × ${length} features in ${options.output}`);
  } finally {
    await runtime.dispose();
  }
};

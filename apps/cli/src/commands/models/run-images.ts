/** A pre-trained network on image files. */
import { readFile, writeFile } from 'node:fs/promises';
import {
  buildClassifier,
  buildEmbedder,
  IMAGENET_LABELS,
  loadOnnxModel,
  outputNamed,
  runImages,
  writeSafetensors,
  type BackboneSource,
  type Runtime,
} from '@graft/models';
import { formatShare, note, printJson, printTable } from '../../output.js';
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
  const { backbone, checkpoint } = await openSource(options);
  const inputSize = options.size ?? backbone.inputSize;
  return {
    source: { backbone, checkpoint, size: { height: inputSize, width: inputSize } } satisfies BackboneSource,
    preprocessing: { ...backbone.preprocessing, inputSize },
  };
};

/** One row of an output for each file, in the files' order. */
const rowsOf = async (options: {
  title: string;
  files: readonly string[];
  preprocessing: Awaited<ReturnType<typeof openForImages>>['preprocessing'];
  runtime: Runtime;
  output: string;
}): Promise<Float32Array[]> => {
  const { title, files, preprocessing, runtime, output } = options;
  const progress = createProgress(title);
  const rows: Float32Array[] = [];
  await runImages({
    images: files,
    load: (file) => readFile(file),
    preprocessing,
    runtime,
    onBatch: ({ outputs, count, offset }) => {
      const values = outputNamed(outputs, output);
      const length = values.length / count;
      for (let row = 0; row < count; row += 1) rows.push(values.slice(row * length, (row + 1) * length));
      progress.update(offset + count, files.length);
    },
  });
  progress.stop();
  return rows;
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
    const rows = await rowsOf({ title: source.backbone.name, files, preprocessing, runtime, output: 'probabilities' });
    const answers = rows.map((row, index) => ({ file: files[index] ?? '', classes: bestOf(row, options.top) }));
    if (options.json === true) return printJson(answers);
    printTable(
      ['file', 'class', 'probability', 'then'],
      answers.map(({ file, classes: [best, ...others] }) => [
        file,
        best?.label ?? null,
        best === undefined ? null : formatShare(best.probability),
        others.map(({ label, probability }) => `${label} ${formatShare(probability)}`).join(', '),
      ]),
    );
  } finally {
    await runtime.dispose();
  }
};

export const runFeatures = async (
  paths: readonly string[],
  options: ImageOptions & { output: string },
): Promise<void> => {
  const files = await findImageFiles(paths);
  const { source, preprocessing } = await openForImages(options);
  const { onnx, featureLength: length } = buildEmbedder(source);
  const runtime = await loadOnnxModel(onnx);
  try {
    const { name: model } = source.backbone;
    const rows = await rowsOf({ title: model, files, preprocessing, runtime, output: 'features' });
    const data = new Float32Array(files.length * length);
    rows.forEach((row, index) => data.set(row, index * length));
    const features = { shape: [files.length, length], dtype: 'F32', data } as const;
    const metadata = { model, files: JSON.stringify(files) };
    await writeFile(options.output, writeSafetensors(new Map([['features', features]]), metadata));
    if (options.json === true) return printJson({ model, images: files.length, length, output: options.output });
    note(`${model}: ${files.length} × ${length} features in ${options.output}`);
  } finally {
    await runtime.dispose();
  }
};

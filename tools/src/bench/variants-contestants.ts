/** Who runs in the bench `variants`, and how each is started. Every contestant is a process of its own. */
import { join } from 'node:path';
import type { CpuClass } from '@graft/platform';
import { z } from 'zod';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import type { BenchImages } from './bench-images.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import type { TargetByClass } from './report.js';

export const FP32 = 'graft fp32';
export const INT8 = 'graft int8';
/** The same as int8, to see how far two identical contestants stray. */
export const CONTROL = `${INT8} (control)`;
/** In float32, with half of the multiply-accumulates left. */
export const PRUNED = 'graft pruned';
export const PYTHON = 'python static QDQ';

export type VariantName = typeof FP32 | typeof INT8 | typeof CONTROL | typeof PRUNED | typeof PYTHON;

/** Ours against another, by images a second. */
export interface VariantRace {
  readonly target: string;
  readonly targets: TargetByClass;
  readonly ours: VariantName;
  readonly other: VariantName;
}

export interface VariantNetwork {
  readonly network: string;
  /** Published weights, or seeded random ones where no registry has any: speed and size are the same. */
  readonly weights: 'published' | 'random';
  readonly contestants: readonly VariantName[];
  readonly races: readonly VariantRace[];
  /** Of the multiply-accumulates, what pruning leaves; null: nothing is pruned. */
  readonly macsShare: number | null;
  /** The most that the file in eight bits may hold of float32's bytes. */
  readonly bytesShare: { readonly target: string; readonly atMost: number } | null;
}

const everyClass = (target: number): Record<CpuClass, number> => ({
  baseline: target,
  avx2: target,
  'avx512-vnni': target,
  bf16: target,
});

/** Eight-bit numbers are multiplied into 32-bit sums at once where there is VNNI; AVX2 takes three instructions for that. */
const int8Race = (target: string, withVnni: number): VariantRace => ({
  target,
  targets: { ...everyClass(withVnni), baseline: 'this CPU has no AVX2', avx2: 1.3 },
  ours: INT8,
  other: FP32,
});

const OURS = [FP32, INT8, CONTROL] as const;

export const VARIANT_NETWORKS: readonly VariantNetwork[] = [
  {
    network: 'resnet18',
    weights: 'random',
    contestants: [...OURS, PRUNED],
    races: [
      int8Race('resnet18_int8_vs_fp32', 2),
      { target: 'resnet18_pruned_vs_full', targets: everyClass(1.6), ours: PRUNED, other: FP32 },
    ],
    macsShare: 0.5,
    bytesShare: { target: 'resnet18_bytes_share', atMost: 0.3 },
  },
  {
    network: 'efficientnet_lite0',
    weights: 'published',
    contestants: [...OURS, PYTHON],
    races: [
      int8Race('lite0_int8_vs_fp32', 1.8),
      { target: 'lite0_int8_vs_python_static_qdq', targets: everyClass(1), ours: INT8, other: PYTHON },
    ],
    macsShare: null,
    bytesShare: null,
  },
  {
    network: 'mobilenet_v2',
    weights: 'random',
    contestants: OURS,
    races: [int8Race('mobilenet_v2_int8_vs_fp32', 1.8)],
    macsShare: null,
    bytesShare: null,
  },
];

const aboutSchema = z.object({
  inputSize: z.int().positive(),
  bytes: z.object({ fp32: z.number(), int8: z.number() }),
  /** What pruning left. */
  macsShare: z.number(),
  method: z.string(),
  /** ‖int8 − float32‖ / ‖float32‖ of the logits, on images that didn't calibrate. */
  error: z.number(),
  layersInFloat: z.int(),
});

/** A network's models and inputs, as files of a folder. */
export type Prepared = z.infer<typeof aboutSchema> & { readonly folder: string };

export const prepareVariants = async (
  { network, weights, macsShare }: VariantNetwork,
  options: { readonly images: BenchImages; readonly folder: string; readonly cacheDir: string },
): Promise<Prepared> => {
  const { images, folder, cacheDir } = options;
  const { files, calibration } = images;
  const maker = await startLineWorker({
    name: `making ${network} in eight bits`,
    command: process.execPath,
    args: [
      inRepository('dist/apps/trainer/variants-prepare-process.js'),
      JSON.stringify({
        ...{ network, trained: weights === 'published', files, calibration, folder },
        ...(macsShare === null ? {} : { macsShare }),
      }),
    ],
    env: { ...process.env, GRAFT_CACHE_DIR: cacheDir },
  });
  await maker.close();
  return { ...aboutSchema.parse(maker.about), folder };
};

const MODELS: Readonly<Record<VariantName, string>> = {
  [FP32]: 'fp32.onnx',
  [INT8]: 'int8.onnx',
  [CONTROL]: 'int8.onnx',
  [PRUNED]: 'pruned.onnx',
  // What Python makes its own of.
  [PYTHON]: 'fp32.onnx',
};

export const startVariant = (
  name: VariantName,
  options: {
    readonly prepared: Prepared;
    readonly python: ReferencePython;
    readonly batch: number;
    /** Of a round. */
    readonly images: number;
  },
): Promise<LineWorker> => {
  const { prepared, python, batch, images } = options;
  const { folder, inputSize } = prepared;
  const work = { model: join(folder, MODELS[name]), inputs: join(folder, 'inputs.f32'), batch, images };
  if (name !== PYTHON)
    return startLineWorker({
      name,
      command: process.execPath,
      args: [inRepository('dist/apps/trainer/model-bench-process.js'), JSON.stringify(work)],
    });
  const calibration = join(folder, 'calibration.f32');
  return startLineWorker({
    name,
    command: python.command,
    args: [
      inRepository('tools/bench/peers/onnxruntime_static_qdq.py'),
      JSON.stringify({ ...work, calibration, quantized: join(folder, 'python.onnx'), inputSize }),
    ],
    env: python.env,
  });
};

/**
 * Makes what the bench `variants` compares: a network's classifier in float32, in eight bits and (where that is asked for)
 * pruned, and the inputs that they are run and calibrated on. Says what it made in one line of JSON, and ends.
 *
 *   node variants-prepare-process.js '{"network":"resnet18","trained":false,"macsShare":0.5,"files":[…],"calibration":[…],"folder":"…"}'
 *
 * `folder` gets fp32.onnx, int8.onnx, pruned.onnx, and inputs.f32, calibration.f32 (float32 [images, 3, size, size]).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildClassifier,
  buildTrainedClassifier,
  decodeOnnx,
  encodeOnnx,
  findArchitecture,
  findBackbone,
  loadNetwork,
  pruneNetwork,
  readCheckpoint,
  resolveWeights,
  untrainedCheckpoint,
  type Backbone,
  type Checkpoint,
  type InputBatch,
} from '@graft/models';
import { graftPaths } from '@graft/platform';
import { z } from 'zod';
import { quantizeOnFiles, readInputs } from './quantize-files.js';

const { network, trained, macsShare, files, calibration, folder } = z
  .object({
    network: z.string(),
    /** Whether it gets its published weights; else seeded random ones, on which neither speed nor size depends. */
    trained: z.boolean(),
    /** Of the multiply-accumulates, what pruning leaves; absent: nothing is pruned. */
    macsShare: z.number().optional(),
    /** Images that it is run on, and others. */
    files: z.array(z.string()).min(1),
    calibration: z.array(z.string()).min(2),
    folder: z.string(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const SEED = 0;

const checkpointOf = async (backbone: Backbone): Promise<Checkpoint> => {
  const { architecture, classes, weights, weightsDigest } = backbone;
  if (!trained) return untrainedCheckpoint(findArchitecture(architecture), { classes, seed: SEED });
  const { cacheDir } = graftPaths();
  return readCheckpoint(
    await readFile((await resolveWeights(weights, { cacheDir, expectedDigest: weightsDigest })).path),
  );
};

/** What is left of the network, and its share of the multiply-accumulates. */
const prune = (backbone: Backbone, checkpoint: Checkpoint, share: number): { onnx: Uint8Array; macsShare: number } => {
  const { architecture, inputSize, classes } = backbone;
  const size = { height: inputSize, width: inputSize };
  const whole = loadNetwork({ architecture: findArchitecture(architecture), checkpoint, size });
  const pruned = pruneNetwork({ ...whole, macsShare: share });
  const labels = Array.from({ length: classes }, (_, index) => String(index));
  return { onnx: buildTrainedClassifier({ backbone, ...pruned, labels, metadata: {} }), macsShare: pruned.macsShare };
};

const writeBatches = async (name: string, batches: readonly InputBatch[]): Promise<void> =>
  writeFile(
    join(folder, name),
    Buffer.concat(
      batches.map(({ values: { buffer, byteOffset, byteLength } }) => new Uint8Array(buffer, byteOffset, byteLength)),
    ),
  );

const backbone = findBackbone(network);
const { preprocessing } = backbone;
const checkpoint = await checkpointOf(backbone);
const fp32 = buildClassifier({ backbone, checkpoint });
const pruned = macsShare === undefined ? null : prune(backbone, checkpoint, macsShare);
const quantized = await quantizeOnFiles(decodeOnnx(fp32), {
  files: calibration,
  preprocessing,
  // What random weights lose says nothing: no layer of theirs goes back to float32 for it.
  ...(trained ? {} : { errorLimit: Infinity }),
});
const int8 = encodeOnnx(quantized.model);
await writeFile(join(folder, 'fp32.onnx'), fp32);
await writeFile(join(folder, 'int8.onnx'), int8);
if (pruned !== null) await writeFile(join(folder, 'pruned.onnx'), pruned.onnx);
await writeBatches('inputs.f32', await readInputs(files, preprocessing));
await writeBatches('calibration.f32', quantized.calibration);

const { method, error, inFloat } = quantized;
const about = {
  inputSize: preprocessing.inputSize,
  bytes: { fp32: fp32.byteLength, int8: int8.byteLength },
  macsShare: pruned?.macsShare ?? 1,
  ...{ method, error, layersInFloat: inFloat.length },
};
process.stdout.write(`${JSON.stringify({ ready: true, about })}\n`, () => process.exit(0));

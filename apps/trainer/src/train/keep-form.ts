/** Keeps one form of a model as it will be served: its bytes, and the golden outputs that every replica checks. */
import { writeDocument } from '@graft/artifacts';
import {
  GOLDEN_TOLERANCE,
  goldenSchema,
  type Artifact,
  type Digest,
  type Golden,
  type VariantName,
} from '@graft/contracts';
import type { TrainerDependencies } from '../dependencies.js';
import type { ImageOutputs } from './form-outputs.js';

export const keepForm = async (
  { blobs, machine }: Pick<TrainerDependencies, 'blobs' | 'machine'>,
  {
    onnx,
    variant,
    outputs,
  }: { readonly onnx: Uint8Array; readonly variant: VariantName; readonly outputs: readonly ImageOutputs[] },
): Promise<{ model: Artifact; golden: Artifact }> => {
  const digest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
  const golden: Golden = {
    schemaVersion: 'golden.v1',
    artifactDigest: digest,
    cpuClass: machine.cpuClass,
    cases: outputs.map(({ sha256, probabilities }) => ({ sha256, probabilities: [...probabilities] })),
    tolerance: GOLDEN_TOLERANCE,
  };
  const goldenDigest: Digest = await writeDocument(blobs, goldenSchema, golden);
  const goldenBytes = (await blobs.get(goldenDigest)).byteLength;
  return {
    model: {
      kind: 'model',
      variant,
      digest,
      sizeBytes: onnx.byteLength,
      mediaType: 'application/octet-stream',
    },
    golden: {
      kind: 'golden',
      variant,
      digest: goldenDigest,
      sizeBytes: goldenBytes,
      mediaType: 'application/json',
    },
  };
};

/** From a version's digests to a model that may serve: fetched, verified, loaded, warmed up, and right on the golden images. */
import { AppError, type Servable, type Signature } from '@graft/contracts';
import { inputLength, loadOnnxModel, type Runtime } from '@graft/models';
import type { Logger } from '@graft/platform';
import type { BatchingOptions } from '../batching/batcher.js';
import { checkGolden, PROBABILITIES } from './check-golden.js';
import type { LoadGuard } from './load-guard.js';
import type { ModelStore } from './model-store.js';
import { createServedModel, type ServedModel } from './served-model.js';
import type { TryLoad } from './trial-load.js';

/** One version of one model, as the registry wants it loaded. */
export interface Wanted {
  readonly model: string;
  readonly servable: Servable;
}

export type LoadServable = (wanted: Wanted) => Promise<ServedModel>;

export interface LoaderOptions {
  readonly store: ModelStore;
  readonly guard: LoadGuard;
  /** Has it loaded by another process first; default: nobody does. */
  readonly tryLoad?: TryLoad | undefined;
  readonly batching: BatchingOptions;
  /** Threads of one run. */
  readonly threads: number;
  readonly cpuClass: string;
  readonly logger: Logger;
  readonly onBatch?: (model: string, batch: number) => void;
}

/** What the registry says of the model must be what the model says of itself. */
const requireSignature = ({ model, servable }: Wanted, signature: Signature, runtime: Runtime): void => {
  const { inputSize } = signature.preprocessing;
  const expected = [3, inputSize, inputSize];
  const { input, outputs } = runtime.signature;
  const fits =
    input.name === signature.input.name &&
    input.shape.length === 4 &&
    expected.every((size, axis) => input.shape[axis + 1] === size) &&
    outputs.some(({ name, shape }) => name === PROBABILITIES && shape.at(-1) === signature.labels.length);
  if (fits) return;
  const found = [input, ...outputs].map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join('; ');
  throw new AppError(
    'refused',
    `version ${servable.version} of ${model}: expected ${signature.input.name} [n, ${expected.join(', ')}] and ` +
      `${PROBABILITIES} [n, ${signature.labels.length}], the model has ${found}`,
  );
};

/** The first run of each batch size allocates; requests should not wait for that. */
const warmUp = async (runtime: Runtime, signature: Signature, maxBatch: number): Promise<void> => {
  for (const batch of new Set([1, maxBatch])) {
    await runtime.run(new Float32Array(batch * inputLength(signature.preprocessing)), batch);
  }
};

/** @returns a loader that throws AppError when anything of it fails; nothing stays loaded then. */
export const createLoader = ({
  store,
  guard,
  tryLoad,
  batching,
  threads,
  cpuClass,
  logger,
  onBatch,
}: LoaderOptions): LoadServable => {
  const loadVerified = async (wanted: Wanted, signature: Signature, bytes: Uint8Array): Promise<Runtime> => {
    const { model, servable } = wanted;
    const { version, variant, artifactDigest, goldenDigest } = servable;
    const startedAt = performance.now();
    const runtime = await loadOnnxModel(bytes, { threads });
    try {
      requireSignature(wanted, signature, runtime);
      await warmUp(runtime, signature, batching.maxBatch);
      const golden = await checkGolden({
        ...{ blobs: store.blobs, goldenDigest, artifactDigest, signature, runtime, cpuClass },
      });
      const loadMs = Math.round(performance.now() - startedAt);
      logger.info({ model, version, variant, artifactDigest, golden, loadMs }, 'model: loaded and verified');
      return runtime;
    } catch (thrown) {
      await runtime.dispose();
      throw thrown;
    }
  };

  return async (wanted) => {
    const { model, servable } = wanted;
    const { version, variant, artifactDigest } = servable;
    const signature = await store.signature({ model, version, variant, artifactDigest });
    const bytes = await store.blobs.get(artifactDigest);
    await tryLoad?.({
      ...{ artifactDigest, file: store.fileOf(artifactDigest), maxBatch: batching.maxBatch },
      inputLength: inputLength(signature.preprocessing),
    });
    const runtime = await guard.run(artifactDigest, () => loadVerified(wanted, signature, bytes));
    // No reason to fail: it only matters to whoever pins this version some day.
    await store
      .keepServable(wanted)
      .catch((err: unknown) => logger.warn({ err }, 'model: its digests could not be kept'));
    return createServedModel({
      model,
      version,
      variant,
      artifactDigest,
      signature,
      runtime,
      batching,
      ...(onBatch === undefined ? {} : { onBatch: (batch: number) => onBatch(model, batch) }),
    });
  };
};

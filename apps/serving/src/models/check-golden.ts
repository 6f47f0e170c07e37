/** Whether a loaded model answers here as it did where it was exported. */
import { readDocument } from '@graft/artifacts';
import { AppError, erasureOf, goldenSchema, type BlobStore, type Digest, type Signature } from '@graft/contracts';
import { preprocessImage, type Runtime } from '@graft/models';

/** The output that classes are read from. */
export const PROBABILITIES = 'probabilities';

export interface GoldenCheck {
  /** Those that were compared. */
  readonly cases: number;
  /** Those whose image was erased since: the others have to do. */
  readonly erased: number;
  /** Largest absolute difference of a probability. */
  readonly largestDifference: number;
  readonly tolerance: number;
}

export interface GoldenOptions {
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly goldenDigest: Digest;
  readonly artifactDigest: Digest;
  readonly signature: Signature;
  readonly runtime: Runtime;
  readonly cpuClass: string;
}

/** NaN counts as infinitely far. */
const distance = (expected: readonly number[], found: Float32Array): number =>
  expected.reduce((largest, value, index) => {
    const difference = Math.abs(value - (found[index] ?? NaN));
    return Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }, 0);

/** Null where it was erased: no reason to leave a version unserved. */
const readImage = async (blobs: GoldenOptions['blobs'], sha256: Digest): Promise<Uint8Array | null> => {
  try {
    return await blobs.get(sha256);
  } catch (thrown) {
    if (erasureOf(thrown) === null) throw thrown;
    return null;
  }
};

/**
 * Runs each golden image from its bytes, through the same preprocessing as in training.
 * @throws AppError `refused` when an answer differs by more than the tolerance of this CPU class, `corrupt` when the
 * golden document is another model's.
 */
export const checkGolden = async (options: GoldenOptions): Promise<GoldenCheck> => {
  const { blobs, goldenDigest, artifactDigest, signature, runtime, cpuClass } = options;
  const golden = await readDocument(blobs as BlobStore, goldenSchema, goldenDigest);
  if (golden.artifactDigest !== artifactDigest) {
    throw new AppError(
      'corrupt',
      `golden outputs ${goldenDigest} belong to model ${golden.artifactDigest}, not to ${artifactDigest}`,
    );
  }
  const tolerance = golden.cpuClass === cpuClass ? golden.tolerance.sameClass : golden.tolerance.otherClass;
  let largestDifference = 0;
  let erased = 0;
  for (const { sha256, probabilities } of golden.cases) {
    const image = await readImage(blobs, sha256);
    if (image === null) {
      erased += 1;
      continue;
    }
    const input = await preprocessImage(image, signature.preprocessing);
    const { [PROBABILITIES]: found } = await runtime.run(input, 1);
    const difference =
      found?.length === probabilities.length ? distance(probabilities, found) : Number.POSITIVE_INFINITY;
    if (difference > tolerance) {
      throw new AppError(
        'refused',
        `golden image ${sha256}: probabilities differ by ${difference.toPrecision(3)}, allowed are ${tolerance} ` +
          `(recorded on ${golden.cpuClass}, here ${cpuClass})`,
        { details: { image: sha256, difference, tolerance, recordedOn: golden.cpuClass, cpuClass } },
      );
    }
    largestDifference = Math.max(largestDifference, difference);
  }
  return { cases: golden.cases.length - erased, erased, largestDifference, tolerance };
};

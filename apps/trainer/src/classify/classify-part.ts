/**
 * The next objects under a prefix, asked about and answered in one part: a file of JSON Lines under the target. Twice is once: the same
 * objects make the same bytes under the same name.
 */
import {
  bulkPartName,
  classifyPartInputSchema,
  digestOfBytes,
  isBulkOver,
  MOST_IMAGE_BYTES,
  readObjectPrefix,
  AppError,
  type BulkAnswer,
  type ErrorCode,
  type EvaluateActivities,
  type Signature,
} from '@graft/contracts';
import type { ObjectInfo } from '@graft/artifacts';
import { outputNamed, runImages, type Runtime } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { toShare } from '../evaluate/predict-images.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'bucket' | 'runtimes' | 'scope' | 'logger'>;
type Bucket = ReturnType<Dependencies['bucket']>;

/** Some seconds of work, so that what else waits for a trainer has its turn; and a file that is quick to open. */
const PART_OBJECTS = 512;

/** What is wrong with one object, and says nothing of the others. */
const OF_ONE_OBJECT: ReadonlySet<ErrorCode> = new Set(['image_unfit', 'too_large', 'not_found', 'invalid_request']);

const nextObjects = async (
  bucket: Bucket,
  { prefix, after, most }: { prefix: string; after: string; most: number },
): Promise<ObjectInfo[]> => {
  const found: ObjectInfo[] = [];
  for await (const object of bucket.list(prefix, { after })) {
    found.push(object);
    if (found.length === most) break;
  }
  return found;
};

const bestClasses = (
  probabilities: Float32Array,
  labels: readonly string[],
  top: number,
): { label: string; probability: number }[] =>
  labels
    .map((label, at) => ({ label, probability: toShare(probabilities[at] ?? 0) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);

/** An answer for each object, in their order; an object that none can be given of has the reason. */
const answer = async (params: {
  readonly objects: readonly ObjectInfo[];
  readonly bucket: Bucket;
  readonly runtime: Pick<Runtime, 'run'>;
  readonly signature: Signature;
  readonly top: number;
  readonly signal: AbortSignal;
}): Promise<BulkAnswer[]> => {
  const { objects, bucket, runtime, top, signal } = params;
  const { labels, preprocessing } = params.signature;
  const answers = new Map<string, BulkAnswer>(
    objects.map(({ key, etag, sizeBytes }) => [key, { key, etag, sizeBytes, sha256: null, classes: [], error: null }]),
  );
  const tell = (key: string, what: Partial<BulkAnswer>): void => {
    const present = answers.get(key);
    if (present !== undefined) answers.set(key, { ...present, ...what });
  };
  await runImages({
    ...{ images: objects.map(({ key }) => key), preprocessing, runtime, signal },
    load: async (key) => {
      const object = await bucket.get(key, { maxBytes: MOST_IMAGE_BYTES });
      if (object === null) throw new AppError('not_found', 'it went away while the prefix was read');
      const { etag, bytes } = object;
      // As it is now: it may have been written over since it was listed.
      tell(key, { etag, sizeBytes: bytes.byteLength, sha256: digestOfBytes(bytes) });
      return bytes;
    },
    onUnfit: (key, error) => {
      const { code, message } = error.cause instanceof AppError ? error.cause : error;
      if (!OF_ONE_OBJECT.has(code)) throw error;
      tell(key, { error: { code, message } });
    },
    onBatch: ({ outputs, images }) => {
      const probabilities = outputNamed(outputs, 'probabilities');
      images.forEach((key, row) => {
        const ofImage = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
        tell(key, { classes: bestClasses(ofImage, labels, top) });
      });
    },
  });
  return [...answers.values()];
};

export const createClassifyPart =
  (dependencies: Dependencies, most: number = PART_OBJECTS): EvaluateActivities['classifyPart'] =>
  (input) => {
    const { bulkId, after, counts } = classifyPartInputSchema.parse(input);
    const { registry, runtimes, logger } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, async () => {
      const bulk = await registry.getBulk(bulkId);
      // Called off: nothing more is written.
      if (isBulkOver(bulk)) return { counts, after: null };
      const [source, target] = [readObjectPrefix(bulk.source), readObjectPrefix(bulk.target)];
      const bucket = dependencies.bucket(source.bucket);
      const objects = await nextObjects(bucket, { prefix: source.prefix, after, most });
      if (objects.length === 0) return { counts, after: null };
      const { signature } = await registry.getModelVersion(bulk.model, bulk.version);
      const answers = await runtimes.use(bulk.artifactDigest, (runtime) =>
        answer({ objects, bucket, runtime, signature, top: bulk.top, signal: scope.signal }),
      );
      await dependencies
        .bucket(target.bucket)
        .put(
          target.prefix + bulkPartName(counts.parts),
          new TextEncoder().encode(answers.map((line) => `${JSON.stringify(line)}\n`).join('')),
          { mediaType: 'application/jsonl' },
        );
      const unfit = answers.filter(({ error }) => error !== null).length;
      const now = {
        parts: counts.parts + 1,
        objects: counts.objects + objects.length,
        unfit: counts.unfit + unfit,
      };
      await registry.patchBulk(bulkId, { state: 'running', ...now });
      logger.info({ bulkId, part: counts.parts, objects: objects.length, unfit }, 'part of a prefix classified');
      return { counts: now, after: objects.length < most ? null : (objects.at(-1)?.key ?? null) };
    });
  };

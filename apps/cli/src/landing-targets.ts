/** Where `graft data land` puts images: the object store itself, or addresses that the registry gives out. */
import type { ObjectStore } from '@graft/artifacts';
import { AppError, MAX_UPLOADS, type SignedUpload, type UploadRequest } from '@graft/contracts';
import type { LandingImage, LandingTarget } from '@graft/data';
import { parseLandingObject } from '@graft/data';
import type { UploadRegistry } from '@graft/registry-client';
import pRetry from 'p-retry';

/**
 * Puts into the store, over whatever lies under a key. An object that was put in one piece has the MD5 of its bytes as its ETag:
 * with the same one it isn't sent again.
 */
export const createStoreTarget = (landing: ObjectStore, dataset: string): LandingTarget => {
  const list = async (): Promise<Map<string, string>> => {
    const present = new Map<string, string>();
    for await (const { key, etag } of landing.list(`${dataset}/`)) present.set(key, etag);
    return present;
  };
  let listing: Promise<Map<string, string>> | null = null;
  return {
    put: async ({ key, bytes, md5, metadata }) => {
      listing ??= list();
      if ((await listing).get(key) === md5) return 'unchanged';
      await landing.put(key, bytes, { metadata });
      return 'uploaded';
    },
  };
};

/** Images wait so long for others, so that one request names many. */
const GATHER_MS = 10;
/** Of one upload: 50 MB over a slow line. */
const UPLOAD_TIMEOUT_MS = 10 * 60_000;
const RETRIES = 4;

const toRequest = ({ key, metadata, bytes }: LandingImage): UploadRequest => {
  const { label, split, file } = parseLandingObject({ key });
  const { group = null, source = null } = metadata;
  return { file, label, split, group, source, sizeBytes: bytes.byteLength };
};

interface Waiting {
  readonly image: LandingImage;
  readonly resolve: (upload: SignedUpload) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Asks for the addresses of all images that wait, in one request. */
const createSigning = (registry: UploadRegistry, dataset: string): ((image: LandingImage) => Promise<SignedUpload>) => {
  const waiting: Waiting[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting.splice(0, MAX_UPLOADS);
    try {
      const signed = await registry.requestUploads(
        dataset,
        batch.map(({ image }) => toRequest(image)),
      );
      for (const [index, { image, resolve, reject }] of batch.entries()) {
        const upload = signed[index];
        if (upload?.key === image.key) resolve(upload);
        else reject(new AppError('internal', `the registry gave no address for ${image.key}, but ${upload?.key}`));
      }
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  };
  return (image) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setTimeout(() => void flush(), GATHER_MS);
      waiting.push({ image, resolve, reject });
    });
};

const send = async (
  { key, url, method, headers }: SignedUpload,
  bytes: Uint8Array,
  fetch: typeof globalThis.fetch,
): Promise<void> => {
  // fetch counts the body itself; a length that is sent by hand is refused.
  const { 'content-length': _length, ...sent } = headers;
  const where = new URL(url).host;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: sent,
      body: bytes as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new AppError('unavailable', `${key} could not be uploaded to ${where}: the connection failed`, { cause });
  }
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  const told = (await response.text()).match(/<Code>(\w+)<\/Code>/)?.[1] ?? '';
  const again = response.status >= 500 || response.status === 429;
  throw new AppError(
    again ? 'unavailable' : 'forbidden',
    `${where} refused the upload of ${key}: ${response.status} ${told}`.trimEnd(),
  );
};

/**
 * Puts to addresses that the registry gives out: all that an uploader needs is a token of the registry.
 * @param fetch default: the global one
 */
export const createRegistryTarget = ({
  registry,
  dataset,
  fetch = globalThis.fetch,
}: {
  registry: UploadRegistry;
  dataset: string;
  fetch?: typeof globalThis.fetch;
}): LandingTarget => {
  const sign = createSigning(registry, dataset);
  return {
    put: (image) =>
      pRetry(
        // An address may have expired meanwhile: each try asks for its own.
        async () => {
          const upload = await sign(image);
          if (upload.etag === image.md5) return 'unchanged';
          await send(upload, image.bytes, fetch);
          return 'uploaded';
        },
        {
          retries: RETRIES,
          minTimeout: 200,
          factor: 3,
          shouldRetry: ({ error }) => error instanceof AppError && error.code === 'unavailable',
        },
      ),
  };
};

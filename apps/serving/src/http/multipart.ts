/** Several images in one body of multipart/form-data. The body is in memory already: what is bounded here is what it is taken apart to. */
import { AppError } from '@graft/contracts';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';

export interface UploadedImage {
  /** The form field's name; empty where the part has none. */
  readonly field: string;
  readonly bytes: Uint8Array;
}

export interface MultipartLimits {
  /** Images in one request. */
  readonly maxImages: number;
  /** Of each image, bytes. */
  readonly maxImageBytes: number;
}

const MOST_HEADERS = 16;
const MOST_NAME_BYTES = 200;

const invalid = (message: string, cause?: unknown): AppError =>
  new AppError('invalid_request', message, cause === undefined ? {} : { cause });

const createParser = (contentType: string, { maxImages, maxImageBytes }: MultipartLimits): BusboyInstance => {
  const headers: BusboyHeaders = { 'content-type': contentType };
  const limits = {
    ...{ files: maxImages, fields: 0, parts: maxImages },
    ...{ fileSize: maxImageBytes, fieldNameSize: MOST_NAME_BYTES, headerPairs: MOST_HEADERS },
  };
  try {
    // Whether a part has a file's name or not, it is an image.
    return new Busboy({ headers, limits, isPartAFile: () => true });
  } catch (cause) {
    throw invalid(`${contentType}: ${(cause as Error).message}`, cause);
  }
};

/**
 * The form's parts, in their order.
 * @throws AppError `invalid_request` for what isn't whole multipart/form-data, has no part or more than `maxImages`;
 * `too_large` for a part of more than `maxImageBytes`.
 */
export const readImages = (body: Uint8Array, contentType: string, limits: MultipartLimits): Promise<UploadedImage[]> =>
  new Promise((resolve, reject) => {
    const parser = createParser(contentType, limits);
    const images: { field: string; chunks: Buffer[] }[] = [];
    // Its types know nothing of a part without a name.
    parser.on('file', (name: string | undefined, stream) => {
      const field = name ?? '';
      const chunks: Buffer[] = [];
      images.push({ field, chunks });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', (cause: unknown) =>
        reject(invalid('the form does not end as multipart/form-data does', cause)),
      );
      stream.on('limit', () => {
        const most = `more than the ${limits.maxImageBytes} bytes that an image may have`;
        reject(new AppError('too_large', `field ${field} (image ${images.length}) is ${most}`));
      });
    });
    const tooMany = (): void => reject(invalid(`more than ${limits.maxImages} images in one request`));
    parser.on('filesLimit', tooMany).on('partsLimit', tooMany).on('fieldsLimit', tooMany);
    parser.on('error', (cause: unknown) => reject(invalid('the body is not whole multipart/form-data', cause)));
    parser.on('finish', () => {
      if (images.length === 0) return reject(invalid('the form has no part: each part is an image'));
      resolve(images.map(({ field, chunks }) => ({ field, bytes: Buffer.concat(chunks) })));
    });
    parser.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });

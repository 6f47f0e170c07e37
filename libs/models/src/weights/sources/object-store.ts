/** An object of S3 or MinIO, through whatever the caller reads objects with. */
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@graft/contracts';
import type { WeightsReference } from '../weights-reference.js';
import type { ObjectReader, WeightsSource } from '../weights-source.js';
import { limitBytes } from './limit-bytes.js';

const toStream = (content: NodeJS.ReadableStream | Uint8Array): NodeJS.ReadableStream =>
  ArrayBuffer.isView(content) ? Readable.from([content]) : content;

/** An object may be overwritten, so without a digest the reference means "as it was when it was first read". */
export const objectSource = (
  { bucket, key }: Extract<WeightsReference, { kind: 'object' }>,
  objects: ObjectReader | undefined,
): WeightsSource => ({
  identity: `s3://${bucket}/${key}`,
  fileName: basename(key),
  isImmutable: false,
  fetch: async ({ folder, reference, onProgress, signal }) => {
    if (objects === undefined)
      throw new AppError(
        'missing_prerequisite',
        `${reference}: no object store is configured here; copy the object to a file and give the file's path`,
        { details: { reference } },
      );
    const path = join(folder, 'object');
    const content = await objects.read(bucket, key);
    const totalBytes = ArrayBuffer.isView(content) ? content.byteLength : null;
    const counted = limitBytes({
      what: reference,
      onBytes: (receivedBytes) => onProgress({ receivedBytes, totalBytes }),
    });
    await pipeline(toStream(content), counted, createWriteStream(path), { ...(signal && { signal }) });
    return { path };
  },
});

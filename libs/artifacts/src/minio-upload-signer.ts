/**
 * Presigned PUTs for whatever speaks S3 (Signature Version 4 in the query). Length and metadata are signed headers, which the
 * `minio` client can't do: with other ones, the store refuses the upload.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { MinioOptions } from './minio-connection.js';
import { toMetadataHeaders } from './minio-metadata.js';
import { checkKey } from './object-key.js';
import type { UploadSigner } from './upload-signer.js';

/** Long enough for a slow line and a queue of files. */
const DEFAULT_EXPIRES_SECONDS = 3600;

export interface UploadSignerOptions extends Pick<
  MinioOptions,
  'endpoint' | 'accessKey' | 'secretKey' | 'region' | 'bucket'
> {
  readonly expiresSeconds?: number;
  readonly now?: () => Date;
}

/** `20260102T030405Z`, as the signature has it. */
const toAmzDate = (date: Date): string => date.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');

/** @param options `endpoint` is what uploaders reach the store by: the host is signed too. */
export const createUploadSigner = (options: UploadSignerOptions): UploadSigner => {
  const { endpoint, accessKey, secretKey, region = 'us-east-1', bucket } = options;
  const { expiresSeconds = DEFAULT_EXPIRES_SECONDS, now = () => new Date() } = options;
  return {
    origin: new URL(endpoint).origin,
    signPut: async ({ key, metadata, sizeBytes }) => {
      checkKey(key);
      const url = new URL(`/${[bucket, ...key.split('/')].map(encodeURIComponent).join('/')}`, endpoint);
      url.searchParams.set('X-Amz-Expires', String(expiresSeconds));
      const headers = {
        'content-length': String(sizeBytes),
        'content-type': 'application/octet-stream',
        ...toMetadataHeaders(metadata),
      };
      const at = now();
      const signed = await new AwsV4Signer({
        method: 'PUT',
        url: url.href,
        headers,
        accessKeyId: accessKey,
        secretAccessKey: secretKey,
        service: 's3',
        region,
        datetime: toAmzDate(at),
        signQuery: true,
        allHeaders: true,
      }).sign();
      // The signature counts whole seconds.
      const expiresAt = new Date((Math.floor(at.getTime() / 1000) + expiresSeconds) * 1000);
      return { url: signed.url.href, headers, expiresAt };
    },
  };
};

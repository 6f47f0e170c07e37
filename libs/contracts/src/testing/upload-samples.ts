/** Samples of what uploads through the registry are asked for with, and of what they get. */
import { signedUploadSchema, uploadRequestSchema } from '../upload.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });

export const UPLOAD_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'upload request',
    schema: uploadRequestSchema,
    valid: { file: '1.jpg', label: 'ants', split: 'test', group: 'g', source: null, sizeBytes: 100 },
    refuses: [
      refuse('', 'file'),
      refuse('a/b', 'label'),
      refuse('dev', 'split'),
      refuse('', 'group'),
      refuse(50 * 1024 * 1024 + 1, 'sizeBytes'),
    ],
  },
  {
    name: 'signed upload',
    schema: signedUploadSchema,
    valid: {
      key: 'insects/ants/1.jpg',
      url: 'http://127.0.0.1:9000/landing/insects/ants/1.jpg?X-Amz-Signature=ab',
      method: 'PUT',
      headers: { 'content-length': '100' },
      expiresAt: '2026-01-02T03:04:05.678Z',
      etag: null,
    },
    refuses: [refuse('nowhere', 'url'), refuse('POST', 'method'), refuse('soon', 'expiresAt')],
  },
];

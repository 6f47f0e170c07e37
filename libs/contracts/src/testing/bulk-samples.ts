/** Valid documents of bulk classifications, and what each must refuse. */
import {
  bulkAnswerSchema,
  bulkClassificationSchema,
  bulkManifestSchema,
  bulkPatchSchema,
  bulkRequestSchema,
  classifyPartInputSchema,
  classifyPrefixInputSchema,
} from '../bulk-classification.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const A = 'a'.repeat(64);
const NOW = '2026-01-01T00:00:00Z';
const places = { source: 's3://photos/2026/', target: 's3://answers/photos/' };
const answers = { model: 'insects', version: 2, variant: 'int8', artifactDigest: A };
const counts = { parts: 1, objects: 300, unfit: 2 };
const object = { key: '2026/1.png', etag: 'e', sizeBytes: 10 };

export const BULK_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'bulk request',
    schema: bulkRequestSchema,
    valid: { ...places, version: 2, variant: 'int8', environment: 'production', top: 5 },
    refuses: [
      ...['photos/', 's3://photos', 's3://photos/2026', 's3://p/', 's3://photos//2026/', 's3://photos/../x/'].map(
        (text) => refuse(text, 'source'),
      ),
      refuse('s3://answers', 'target'),
      refuse(0, 'version'),
      refuse(0, 'top'),
      refuse('int4', 'variant'),
      refuse(1, 'prefix'),
    ],
  },
  {
    name: 'bulk classification',
    schema: bulkClassificationSchema,
    valid: {
      ...{ id: 'bulk-1', ...answers, ...places, ...counts, top: 3, state: 'succeeded', total: 300, error: null },
      ...{ by: 'ada', createdAt: NOW, finishedAt: NOW },
    },
    refuses: [refuse('done', 'state'), refuse('x', 'artifactDigest'), refuse(-1, 'unfit'), refuse(0, 'version')],
  },
  {
    name: 'bulk patch',
    schema: bulkPatchSchema,
    valid: { state: 'running', ...counts },
    refuses: [refuse('requested', 'state'), refuse(-1, 'parts')],
  },
  {
    name: 'bulk answer',
    schema: bulkAnswerSchema,
    valid: { ...object, sha256: A, classes: [{ label: 'ant', probability: 0.9 }], error: null },
    refuses: [refuse([{ label: 'ant' }], 'classes'), refuse('x', 'sha256'), refuse(undefined, 'key')],
  },
  {
    name: 'bulk-manifest.v1',
    schema: bulkManifestSchema,
    valid: {
      ...{ schemaVersion: 'bulk-manifest.v1', id: 'bulk-1', ...answers, source: places.source, labels: ['ant', 'bee'] },
      ...{ objects: 300, unfit: 2, parts: [{ name: 'part-00000.jsonl', sizeBytes: 9, etag: 'e' }] },
    },
    refuses: [refuse('bulk-manifest.v2', 'schemaVersion'), refuse([], 'labels'), refuse(-1, 'objects')],
  },
  {
    name: 'input of classifyPrefix',
    schema: classifyPrefixInputSchema,
    valid: { bulkId: 'bulk-1', after: '2026/1.png', counts },
    refuses: [refuse(1, 'bulkId'), refuse(null, 'after')],
  },
  {
    name: 'input of classifyPart',
    schema: classifyPartInputSchema,
    valid: { bulkId: 'bulk-1', after: '', counts },
    refuses: [refuse(null, 'after'), refuse(undefined, 'counts')],
  },
];

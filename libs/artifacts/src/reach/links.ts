/**
 * Which objects of the content store a version rests on: what a registry's row names, and what the documents among it name in turn.
 * Caches (activations, checkpoints of a run) are none of it: they can be made again.
 */
import {
  datasetRootSchema,
  evaluationSchema,
  isAdopted,
  landingLogSchema,
  manifestShardSchema,
  quarantineSchema,
  type DatasetVersion,
  type Digest,
  type LedgerEntry,
  type ModelVersion,
} from '@graft/contracts';
import type { z } from 'zod';

/** An object that is needed, and by what. */
export interface Link {
  readonly digest: Digest;
  /** For a person: "image insects/ants/1.jpg of insects 3". */
  readonly what: string;
  /** Nobody said that there is an object under this digest, nor what it is. */
  readonly isGuess?: boolean;
  /** Of a document: what it names. Throws where the bytes are no such document. Absent: nothing has to be read to go on. */
  readonly follow?: (bytes: Uint8Array) => readonly Link[];
}

const documentOf =
  <S extends z.ZodType>(schema: S, links: (document: z.output<S>) => readonly Link[]) =>
  (bytes: Uint8Array): readonly Link[] =>
    links(schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))));

const optional = (digest: Digest | null, link: Omit<Link, 'digest'>): Link[] =>
  digest === null ? [] : [{ digest, ...link }];

/** Its manifest with every image, its quarantine with thumbnails, its landing log, what was taken out. */
export const linksOfDatasetVersion = ({
  id,
  dataset,
  number,
  quarantine,
  landingLog,
  takenOut,
}: Pick<DatasetVersion, 'id' | 'dataset' | 'number' | 'quarantine' | 'landingLog' | 'takenOut'>): Link[] => {
  const name = `${dataset} ${number}`;
  return [
    {
      digest: id,
      what: `the manifest of ${name}`,
      follow: documentOf(datasetRootSchema, ({ shards }) =>
        shards.map((shard) => ({
          digest: shard.digest,
          what: `shard ${shard.prefix} of the manifest of ${name}`,
          follow: documentOf(manifestShardSchema, ({ images }) =>
            images.map(({ sha256, key }) => ({ digest: sha256, what: `image ${key} of ${name}` })),
          ),
        })),
      ),
    },
    ...optional(quarantine, {
      what: `the quarantine of ${name}`,
      follow: documentOf(quarantineSchema, ({ entries }) =>
        entries.flatMap(({ key, thumbnail }) =>
          thumbnail === undefined
            ? []
            : [{ digest: thumbnail, what: `the thumbnail of ${key} in the quarantine of ${name}` }],
        ),
      ),
    }),
    ...optional(landingLog, {
      what: `the landing log of ${name}`,
      follow: documentOf(landingLogSchema, ({ shards }) =>
        shards.map(({ prefix, digest }) => ({ digest, what: `shard ${prefix} of the landing log of ${name}` })),
      ),
    }),
    ...optional(takenOut, { what: `what was taken out of ${name}` }),
  ];
};

const followEvaluation = (name: string) =>
  documentOf(evaluationSchema, ({ predictionsDigest, champion }) => [
    { digest: predictionsDigest, what: `the predictions of ${name}` },
    ...optional(champion?.predictionsDigest ?? null, {
      what: `the champion's predictions that ${name} was compared with`,
    }),
  ]);

/** Its artifacts, its reports with their predictions, its embedder. Its dataset version is that version's matter. */
export const linksOfModelVersion = ({
  model,
  version,
  artifacts,
  variants,
  reportDigest,
  lineage,
}: Pick<ModelVersion, 'model' | 'version' | 'artifacts' | 'variants' | 'reportDigest' | 'lineage'>): Link[] => {
  const name = `${model} ${version}`;
  const reports = new Set([reportDigest, ...variants.map((one) => one.reportDigest)]);
  return [
    ...artifacts.map(({ kind, variant, digest }): Link => {
      const what = `the ${kind} artifact${variant === '' ? '' : ` (${variant})`} of ${name}`;
      return reports.has(digest) ? { digest, what, follow: followEvaluation(name) } : { digest, what };
    }),
    ...[...reports].map((digest): Link => ({ digest, what: `the report of ${name}`, follow: followEvaluation(name) })),
    // What was adopted has none.
    ...(isAdopted(lineage) ? [] : [{ digest: lineage.embedder.onnxDigest, what: `the embedder of ${name}` }]),
  ];
};

/** What making a version again rests on: the images and documents that it was made from, and the evidence that the new one is compared with. */
export const linksOfReproduction = (
  version: Pick<ModelVersion, 'model' | 'version' | 'artifacts' | 'variants' | 'reportDigest' | 'lineage'>,
  datasetVersion: Parameters<typeof linksOfDatasetVersion>[0],
): Link[] => {
  const name = `${version.model} ${version.version}`;
  const needed = new Set(['plan', 'embedder', 'activations']);
  const reports = new Set([version.reportDigest, ...version.variants.map((one) => one.reportDigest)]);
  const followReport = documentOf(evaluationSchema, ({ predictionsDigest }) => [
    { digest: predictionsDigest, what: `the predictions of ${name}` },
  ]);
  return [
    ...linksOfDatasetVersion({ ...datasetVersion, quarantine: null, landingLog: null, takenOut: null }),
    ...version.artifacts
      .filter(({ kind }) => needed.has(kind))
      .map(({ kind, digest }): Link => ({ digest, what: `the ${kind} artifact of ${name}` })),
    ...[...reports].map((digest): Link => ({ digest, what: `the report of ${name}`, follow: followReport })),
    ...('embedder' in version.lineage
      ? [{ digest: version.lineage.embedder.onnxDigest, what: `the embedder of ${name}` }]
      : []),
  ];
};

/** What a row of the ledger names: what was served, and the evidence. */
export const linksOfLedgerEntry = ({
  model,
  environment,
  generation,
  version,
  artifactDigest,
  reportDigest,
}: LedgerEntry): Link[] => {
  const name = `generation ${generation} of ${model} in ${environment}`;
  return [
    { digest: artifactDigest, what: `version ${version} as served by ${name}` },
    { digest: reportDigest, what: `the report behind ${name}`, follow: followEvaluation(`${model} ${version}`) },
  ];
};

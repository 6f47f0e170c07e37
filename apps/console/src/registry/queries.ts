/** What pages read, each under one key, so that it is read once however many look at it, and again when it changed. */
import {
  driftSchema,
  evaluationSchema,
  predictionsSchema,
  type Digest,
  type ImageChange,
  type QuarantineReason,
  type RegistryEvent,
  type RunFilter,
  type Split,
} from '@graft/contracts';
import type { Page, Registry } from '@graft/registry-client/http';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';

/** A document never changes: it is read once. */
const document = <S extends z.ZodType>(registry: Registry, schema: S, digest: Digest) =>
  queryOptions({
    queryKey: ['document', digest],
    queryFn: () => registry.getDocument(digest, schema),
    staleTime: Infinity,
  });

/** A list that is read as far as somebody looks at it. */
const pages = <T>(
  queryKey: readonly unknown[],
  read: (cursor: string | undefined) => Promise<Page<T>>,
  staleTime: number | undefined = undefined,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    ...(staleTime === undefined ? {} : { staleTime }),
  });

const IMAGES_A_PAGE = 200;
const VERSIONS_A_PAGE = 100;
/** Of one dataset; one that has more is asked by the command line. */
const MOST_CORRECTIONS = 1000;

export interface ImageChoice {
  readonly label?: string | undefined;
  readonly split?: Split | undefined;
  readonly source?: string | undefined;
}

export const queries = (registry: Registry) => ({
  caller: () => queryOptions({ queryKey: ['caller'], queryFn: () => registry.getCaller(), retry: false }),
  links: () => queryOptions({ queryKey: ['links'], queryFn: () => registry.getLinks(), staleTime: Infinity }),
  models: () => queryOptions({ queryKey: ['models'], queryFn: () => registry.listModels() }),
  model: (model: string) => queryOptions({ queryKey: ['models', model], queryFn: () => registry.getModel(model) }),
  versions: (model: string) =>
    queryOptions({ queryKey: ['versions', model], queryFn: () => registry.listModelVersions(model) }),
  versionPages: (model: string) =>
    pages(['versions', model, 'pages'], (cursor) =>
      registry.pageModelVersions(model, { cursor, limit: VERSIONS_A_PAGE }),
    ),
  version: (model: string, version: number) =>
    queryOptions({ queryKey: ['versions', model, version], queryFn: () => registry.getModelVersion(model, version) }),
  reviews: () => queryOptions({ queryKey: ['reviews'], queryFn: () => registry.listReviews() }),
  review: (model: string, version: number) =>
    queryOptions({ queryKey: ['reviews', model, version], queryFn: () => registry.getReview(model, version) }),
  ledger: (model: string, filter: { environment?: string; limit?: number } = {}) =>
    queryOptions({ queryKey: ['ledger', model, filter], queryFn: () => registry.listLedger(model, filter) }),
  promotions: (model: string) =>
    queryOptions({ queryKey: ['promotions', model], queryFn: () => registry.listPromotions({ model }) }),
  promotion: (id: string) =>
    queryOptions({
      queryKey: ['promotions', 'one', id],
      queryFn: () => registry.getPromotion(id),
      refetchInterval: 1_000,
    }),
  freezes: () =>
    // A freeze is no event.
    queryOptions({ queryKey: ['freezes'], queryFn: () => registry.listFreezes(), refetchInterval: 10_000 }),
  replicas: () =>
    // A lease that runs out is no event.
    queryOptions({ queryKey: ['replicas'], queryFn: () => registry.listReplicas(), refetchInterval: 5_000 }),
  runs: (filter: RunFilter = {}) =>
    queryOptions({ queryKey: ['runs', filter], queryFn: () => registry.listRuns(filter) }),
  run: (id: string) => queryOptions({ queryKey: ['runs', id], queryFn: () => registry.getRun(id) }),
  pipelines: () => queryOptions({ queryKey: ['pipelines'], queryFn: () => registry.listPipelines() }),
  datasets: () => queryOptions({ queryKey: ['datasets'], queryFn: () => registry.listDatasets() }),
  datasetStory: (name: string) =>
    queryOptions({ queryKey: ['datasets', name, 'why'], queryFn: () => registry.explainDataset(name) }),
  datasetVersions: (name: string) =>
    queryOptions({ queryKey: ['datasets', name, 'versions'], queryFn: () => registry.listDatasetVersions(name) }),
  corrections: (name: string) =>
    queryOptions({
      queryKey: ['datasets', name, 'corrections'],
      queryFn: () => registry.listCorrections(name, { limit: MOST_CORRECTIONS }),
    }),
  quarantine: (name: string, reason?: QuarantineReason) =>
    pages(['datasets', name, 'quarantine', reason], (cursor) =>
      registry.listQuarantine(name, { reason, cursor, limit: IMAGES_A_PAGE }),
    ),
  // A version never changes.
  datasetVersion: (id: Digest) =>
    queryOptions({
      queryKey: ['dataset-version', id],
      queryFn: () => registry.getDatasetVersion(id),
      staleTime: Infinity,
    }),
  datasetCard: (id: Digest) =>
    queryOptions({
      queryKey: ['dataset-version', id, 'card'],
      queryFn: () => registry.getDatasetCard(id),
      staleTime: Infinity,
    }),
  datasetImages: (id: Digest, choice: ImageChoice) =>
    pages(
      ['dataset-version', id, 'images', choice],
      (cursor) => registry.listDatasetImages(id, { ...choice, cursor, limit: IMAGES_A_PAGE }),
      Infinity,
    ),
  datasetDiff: (from: Digest, to: Digest) =>
    queryOptions({
      queryKey: ['dataset-version', from, 'diff', to],
      queryFn: () => registry.getDatasetDiff(from, to),
      staleTime: Infinity,
    }),
  changedImages: (from: Digest, to: Digest, choice: { change?: ImageChange | undefined; label?: string | undefined }) =>
    pages(
      ['dataset-version', from, 'diff', to, choice],
      (cursor) => registry.listChangedImages(from, to, { ...choice, cursor, limit: IMAGES_A_PAGE }),
      Infinity,
    ),
  report: (digest: Digest) => document(registry, evaluationSchema, digest),
  predictions: (digest: Digest) => document(registry, predictionsSchema, digest),
  drift: (digest: Digest) => document(registry, driftSchema, digest),
});
export type Queries = ReturnType<typeof queries>;

/** The keys (their first part) of what an event may have changed. */
export const TOUCHES: Readonly<Record<RegistryEvent['kind'], readonly string[]>> = {
  deployment: ['models', 'ledger', 'versions', 'replicas', 'reviews', 'promotions'],
  preparation: ['promotions'],
  promotion: ['promotions'],
  run: ['runs'],
  review: ['reviews', 'versions', 'models'],
  reminder: ['reviews'],
  dataset: ['datasets'],
  dataset_version: ['datasets'],
  pipeline: ['pipelines', 'datasets'],
  replica: ['replicas'],
  selection: ['selections', 'runs'],
  reproduction: ['reproductions'],
  bulk_classification: ['bulk-classifications'],
  trial: ['trials', 'replicas', 'reviews'],
  webhook: ['webhooks'],
};

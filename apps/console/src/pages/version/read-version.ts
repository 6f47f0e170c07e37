/** What the page of a version reads, in the order in which one thing names the next. */
import type { Digest, ModelVersion } from '@graft/contracts';
import type { QueryClient } from '@tanstack/react-query';
import type { Queries } from '../../registry/queries.js';

/** The report of one of its variants. */
export const reportDigestOf = (version: ModelVersion, variant: string): Digest =>
  version.variants.find((one) => one.variant === variant)?.reportDigest ?? version.reportDigest;

export const readVersion = async (ask: Queries, cache: QueryClient, model: string, number: number): Promise<void> => {
  void cache.prefetchQuery(ask.review(model, number));
  const version = await cache.fetchQuery(ask.version(model, number));
  const report = await cache.fetchQuery(ask.report(reportDigestOf(version, version.variant)));
  await Promise.all(
    [report.predictionsDigest, report.champion?.predictionsDigest].map((digest) =>
      digest === undefined ? undefined : cache.prefetchQuery(ask.predictions(digest)),
    ),
  );
};

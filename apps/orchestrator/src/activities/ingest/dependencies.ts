/** What the ingest activities are made of; main.ts composes it, tests compose it from memory adapters. */
import type { ObjectStore } from '@graft/artifacts';
import type { BlobStore } from '@graft/contracts';
import type { DescribePicture, ImageLimits, SourceLimits } from '@graft/data';
import type { Logger } from '@graft/platform';
import type { DatasetRegistry } from '@graft/registry-client';
import type { ActivityScope } from '@graft/platform/temporal';

export interface IngestDependencies {
  readonly registry: Pick<
    DatasetRegistry,
    'getDataset' | 'getDatasetVersion' | 'createDatasetVersion' | 'listCorrections' | 'listDatasetVersions'
  >;
  /** The landing bucket. */
  readonly landing: ObjectStore;
  /** The artifacts bucket. */
  readonly objects: ObjectStore;
  /** Content addressing over the artifacts bucket. */
  readonly blobs: BlobStore;
  readonly logger: Logger;
  readonly scope: () => ActivityScope;
  readonly now: () => Date;
  /** Who decodes pictures; default: the thread that the activities run in. */
  readonly describe?: DescribePicture;
  /** Limits other than @graft/data's own. */
  readonly imageLimits?: Partial<ImageLimits>;
  /** Of archives, other than @graft/data's own. */
  readonly sourceLimits?: Partial<SourceLimits>;
  /** Bytes of an archive that is taken apart; default 20 GiB. It has to fit in the temporary folder. */
  readonly maxArchiveBytes?: number;
  /** Where an archive lies while it is taken apart; default: this machine's (TMPDIR). */
  readonly temporaryFolder?: string;
}

/** What the control-plane activities are made of. */
import type { ObjectStore } from '@graft/artifacts';
import type { BlobStore, LandedHint } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import type { ActivityScope } from '@graft/platform/temporal';
import type { UnseenObjects } from '../ingest/unseen-objects.js';

/** Wakes the workflow that watches a dataset, and starts it where it isn't there. */
export interface Watchers {
  signal(dataset: string, hint: LandedHint): Promise<void>;
}

/** Which workers there are. */
export interface Trainers {
  /** Those of the queues whose activities nobody has asked for within the last minutes. */
  unpolled(queues: readonly string[]): Promise<string[]>;
}

export interface ControlDependencies {
  readonly registry: Omit<Registry, 'events' | 'ready'>;
  readonly blobs: BlobStore;
  /** Any bucket of the same endpoint: a person's images need not lie in ours. */
  readonly bucket: (name: string) => ObjectStore;
  /** The names of our own. */
  readonly ownBuckets: { readonly landing: string; readonly artifacts: string };
  readonly unseenObjects: UnseenObjects;
  readonly watchers: Watchers;
  readonly trainers: Trainers;
  readonly logger: Logger;
  readonly scope: () => ActivityScope;
  readonly now: () => Date;
  readonly code: { readonly graft: string; readonly commit: string | null };
  /** How often replicas are looked at while a promotion waits for them, in milliseconds. */
  readonly pollMs: number;
}

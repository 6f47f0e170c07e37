/** What dataset versions hold and left out, for people who have no key to the object store. Nothing is kept here: it is read when asked. */
import { createContentStore, readLandingTails, type ObjectStore } from '@graft/artifacts';
import {
  AppError,
  type BlobStore,
  type DatasetCard,
  type DatasetDiff,
  type DatasetVersion,
  type Digest,
  type ImageChange,
  type ImageDiff,
  type ManifestImage,
  type QuarantineEntry,
  type QuarantineReason,
} from '@graft/contracts';
import {
  compareVersions,
  describeImages,
  joinLeftOut,
  listChangedImages,
  listImages,
  readDatasetVersion,
  readQuarantine,
  type ImageFilter,
} from '@graft/data/versions';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';
import { openArtifacts } from './open-artifacts.js';

/** A card is made of all images of a version at once. */
const MOST_DESCRIBED = 200_000;

const inPage = (
  entries: readonly QuarantineEntry[],
  { after, limit, reason }: PageAsk<string> & { readonly reason?: QuarantineReason | undefined },
): QuarantineEntry[] =>
  entries
    .filter((entry) => (after === null || entry.key > after) && (reason === undefined || entry.reason === reason))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, limit);

/** @param objects the artifacts bucket; null where the registry was told of no object store */
export const datasetContentService = (db: Database, objects: ObjectStore | null) => {
  const blobs = (): BlobStore => createContentStore(openArtifacts(objects));
  const getVersion = async (id: string): Promise<DatasetVersion> => {
    const version = await db.datasets.getVersion(id);
    if (version === null) throw noSuch('dataset version', id);
    return version;
  };

  return {
    /** In ascending order of sha256, which is the key of a page. @throws AppError `not_found`, `unavailable` */
    listDatasetImages: async (id: string, page: PageAsk<Digest> & ImageFilter): Promise<ManifestImage[]> =>
      listImages(blobs(), (await getVersion(id)).id, page),

    /** @throws AppError `not_found`, `unavailable`, `too_large` for more than 200,000 images */
    getDatasetCard: async (id: string): Promise<DatasetCard> => {
      const version = await getVersion(id);
      if (version.images > MOST_DESCRIBED) {
        throw new AppError(
          'too_large',
          `version ${version.number} of ${version.dataset} has ${version.images} images, and a card is made here of at most ${MOST_DESCRIBED}: ./graft data card ${version.dataset} ${version.number} makes it`,
          { details: { id } },
        );
      }
      const store = blobs();
      const [contents, quarantine] = await Promise.all([
        readDatasetVersion(store, version.id),
        readQuarantine(store, version),
      ]);
      return describeImages({ ...contents, quarantine });
    },

    /** What a version left out, in ascending order of key. @throws AppError `not_found`, `unavailable` */
    listVersionQuarantine: async (
      id: string,
      page: PageAsk<string> & { readonly reason?: QuarantineReason | undefined },
    ): Promise<QuarantineEntry[]> => inPage(await readQuarantine(blobs(), await getVersion(id)), page),

    /**
     * All that was left out of a dataset up to now: of its latest version, and by ingestions since that made none. In ascending order of key.
     * @throws AppError `not_found`, `unavailable`
     */
    listQuarantine: async (
      name: string,
      page: PageAsk<string> & { readonly reason?: QuarantineReason | undefined },
    ): Promise<QuarantineEntry[]> => {
      const dataset = await db.datasets.get(name);
      if (dataset === null) throw noSuch('dataset', name, await db.datasets.names());
      const latest = dataset.latestVersion === null ? null : await getVersion(dataset.latestVersion);
      const [counted, tails] = await Promise.all([
        readQuarantine(blobs(), latest),
        readLandingTails(openArtifacts(objects), name),
      ]);
      return inPage(joinLeftOut(counted, tails.quarantine).all, page);
    },

    /** @throws AppError `not_found`, `unavailable`, `invalid_request` for versions of two datasets, `too_large` */
    getDatasetDiff: async (from: string, to: string): Promise<DatasetDiff> =>
      compareVersions(blobs(), (await getVersion(from)).id, (await getVersion(to)).id),

    /** In ascending order of sha256. @throws AppError as getDatasetDiff */
    listChangedImages: async (
      from: string,
      to: string,
      page: PageAsk<Digest> & { readonly change?: ImageChange | undefined; readonly label?: string | undefined },
    ): Promise<ImageDiff[]> =>
      listChangedImages(blobs(), { from: (await getVersion(from)).id, to: (await getVersion(to)).id }, page),
  };
};

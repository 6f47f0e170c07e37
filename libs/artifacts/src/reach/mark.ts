/** The mark of mark and sweep: everything that the registry's rows reach. */
import { AppError, erasureOf, type DatasetVersion, type Digest, type References } from '@graft/contracts';
import type { ObjectStore } from '../object-store.js';
import { contentKey } from '../content-key.js';
import { createContentStore } from '../content-store.js';
import { linksInDocument, linkToAnything } from './any-link.js';
import { linksOfDatasetVersion, type Link } from './links.js';
import { walkLinks } from './walk.js';

/** What has to stay: what rows name, as of one moment, and the versions of datasets. */
export interface Roots {
  readonly references: References;
  readonly datasetVersions: readonly DatasetVersion[];
}

export interface Marked {
  /** Of objects that are needed, wherever they lie. */
  readonly digests: ReadonlySet<Digest>;
  /** ONNX digests of embedders whose activations stay. */
  readonly liveEmbedders: ReadonlySet<Digest>;
}

const OPENS_JSON = '{'.charCodeAt(0);

/** The bytes where they are a JSON document, null where they are something else: of that, no more than the beginning is read. */
const readJson = async (objects: Pick<ObjectStore, 'open'>, key: string): Promise<Uint8Array | null> => {
  const opened = await objects.open(key);
  if (opened === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of opened.body) {
    if (pieces.length === 0 && piece[0] !== OPENS_JSON) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

/** What ingestions left out and no version has taken in yet: pictures of it are kept. */
const linksOfTails = async (objects: Pick<ObjectStore, 'list' | 'get'>): Promise<Link[]> => {
  const links: Link[] = [];
  for await (const { key } of objects.list('landing-logs/')) {
    const object = await objects.get(key);
    if (object !== null) links.push(...linksInDocument(object.bytes, key));
  }
  return links;
};

const lost = ({ digest, what }: Link, cause: unknown): AppError =>
  new AppError(
    'corrupt',
    `${what} (${digest}) can't be read, so what it holds can't be told from garbage; nothing is removed. ` +
      'Put it back from a backup of the bucket (./graft verify says what else is missing)',
    { details: { digest }, cause },
  );

/** @throws AppError `corrupt` where a document of a dataset version is missing or isn't what it was: what it names would seem garbage */
export const markReachable = async (
  objects: ObjectStore,
  { references, datasetVersions }: Roots,
  onProgress?: (done: number, known: number) => void,
): Promise<Marked> => {
  const blobs = createContentStore(objects);
  const digests = new Set<Digest>();
  const named = Object.entries(references.named).flatMap(([table, all]) =>
    all.map((digest) => linkToAnything(digest, `table ${table}`)),
  );
  const live = references.liveEmbedders.map((digest) => linkToAnything(digest, 'an embedder of a pipeline'));
  await walkLinks(
    [...datasetVersions.flatMap(linksOfDatasetVersion), ...(await linksOfTails(objects)), ...named, ...live],
    {
      visit: async (link) => {
        digests.add(link.digest);
        if (link.follow === undefined) return null;
        if (link.isGuess === true) return readJson(objects, contentKey(link.digest));
        try {
          return await blobs.get(link.digest);
        } catch (thrown) {
          if (erasureOf(thrown) !== null) return null;
          const code = thrown instanceof AppError ? thrown.code : '';
          throw code === 'not_found' || code === 'corrupt' ? lost(link, thrown) : thrown;
        }
      },
      onUnreadable: (link, cause) => {
        // What was taken for a document on its first byte alone may be anything.
        if (link.isGuess !== true) throw lost(link, cause);
      },
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  );
  const liveEmbedders = new Set<Digest>(references.liveEmbedders);
  for (const digest of references.liveEmbedders) {
    const bytes = await readJson(objects, contentKey(digest));
    if (bytes !== null) for (const link of linksInDocument(bytes, 'an embedder')) liveEmbedders.add(link.digest);
  }
  return { digests, liveEmbedders };
};

/** A dataset while corrections are carried out: where every picture is, and how one is found by digest or key. */
import type { DatasetRoot, ManifestImage, QuarantineEntry, TakenOut } from '@graft/contracts';
import { toEntry, toWithdrawnImage, type Arrival } from '../merge/quarantine-entry.js';

export type TakenOutImage = TakenOut['images'][number];

/** A picture is in one of three places (in the version, taken out, or on its way in from the quarantine), or it only waits. */
export interface CorrectedDataset {
  /** By sha256. */
  readonly images: Map<string, ManifestImage>;
  /** sha256 of those of `images` that were put back. */
  readonly returning: Set<string>;
  /** By sha256. */
  readonly takenOut: Map<string, TakenOutImage>;
  /** By pixelSha256: one decision a picture. */
  readonly reinstated: Map<string, Arrival>;
  /** By key. */
  readonly waiting: Map<string, QuarantineEntry>;
  /** Changed in place, never shortened: a label keeps its index. */
  readonly labels: string[];
  /** Labels that a relabel gave, and that are at no index yet. */
  readonly given: Set<string>;
  /** Old names, with the name that each has now. */
  readonly renamed: Map<string, string>;
  /** The name that a label goes by. */
  nameOf(label: string): string;
  /** sha256 of images, in the version or taken out, that a person means by a digest or a key. */
  imagesOf(ref: string): string[];
  /** Keys of entries of the quarantine that a person means by a digest or a key. */
  entriesOf(ref: string): string[];
  /** sha256 of the image, in the version or taken out, that shows the same picture: the same bytes, or the same pixels. */
  pictureOf(picture: Pick<ManifestImage, 'sha256' | 'pixelSha256'>): string | null;
  /** Puts an image into the version that is in it no more, or never was. */
  putBack(image: ManifestImage): void;
  /** Takes an image out, which may be one that was withdrawn before. */
  takeOut(image: ManifestImage, correction: number): void;
  /** Takes a picture in from the quarantine, or changes one that is on its way in. */
  reinstate(image: Arrival): void;
  /** Turns back a picture that is on its way in. */
  discard(image: Arrival, correction: number): void;
  /** Of pictures on their way in: those that a person means by a digest or a key. */
  reinstatedOf(ref: string): Arrival[];
  /** Of a picture that waits: the entry of the image that was in the dataset, where one was. */
  withdrawnOf(pixelSha256: string): QuarantineEntry | undefined;
  /** Whether a picture waits for a question that a person settles. */
  awaitsDecision(pixelSha256: string): boolean;
  /** Drops what waits for no reason but a question that is settled now: entries of the same picture. */
  settle(pixelSha256: string): void;
}

/** Reasons that end when a person has said what a picture shows, or that it belongs. */
const SETTLED: ReadonlySet<QuarantineEntry['reason']> = new Set(['label_conflict', 'taken_out']);

const append = (index: Map<string, string[]>, key: string, member: string): void => {
  const members = index.get(key);
  if (members) members.push(member);
  else index.set(key, [member]);
};

export const createCorrectedDataset = ({
  parent,
  quarantine,
  takenOut,
}: {
  parent: { readonly root: Pick<DatasetRoot, 'labels' | 'renamed'>; readonly images: readonly ManifestImage[] } | null;
  quarantine: readonly QuarantineEntry[];
  takenOut: readonly TakenOutImage[];
}): CorrectedDataset => {
  const images = new Map(parent?.images.map((image) => [image.sha256, image]));
  const taken = new Map(takenOut.map((image) => [image.sha256, image]));
  const waiting = new Map(quarantine.map((entry) => [entry.key, entry]));
  const renamed = new Map(Object.entries(parent?.root.renamed ?? {}));

  const shasOfKey = new Map<string, string[]>();
  const shasOfPixels = new Map<string, string[]>();
  /** Who is where is asked of `images` and `takenOut`: an index only grows. */
  const indexImage = ({ sha256, pixelSha256, key }: ManifestImage): void => {
    append(shasOfKey, key, sha256);
    append(shasOfPixels, pixelSha256, sha256);
  };
  for (const image of images.values()) indexImage(image);
  for (const image of taken.values()) indexImage(image);
  const entriesOfSha = new Map<string, string[]>();
  const entriesOfPixels = new Map<string, string[]>();
  for (const { key, sha256, image } of waiting.values()) {
    if (sha256 !== null) append(entriesOfSha, sha256, key);
    if (image !== undefined) append(entriesOfPixels, image.pixelSha256, key);
  }
  const reinstated = new Map<string, Arrival>();
  const pixelsOfRef = new Map<string, string[]>();
  const isThere = (sha256: string): boolean => images.has(sha256) || taken.has(sha256);

  const returning = new Set<string>();
  const settle = (pixelSha256: string): void => {
    for (const key of entriesOfPixels.get(pixelSha256) ?? []) {
      const entry = waiting.get(key);
      if (entry !== undefined && SETTLED.has(entry.reason)) waiting.delete(key);
    }
  };

  const awaitsDecision = (pixelSha256: string): boolean =>
    (entriesOfPixels.get(pixelSha256) ?? [])
      .flatMap((key) => waiting.get(key) ?? [])
      .some(({ reason }) => SETTLED.has(reason));

  const takeOut = (image: ManifestImage, correction: number): void => {
    if (!isThere(image.sha256)) indexImage(image);
    images.delete(image.sha256);
    returning.delete(image.sha256);
    taken.set(image.sha256, { ...image, takenOutBy: correction });
  };

  return {
    images,
    returning,
    takenOut: taken,
    reinstated,
    waiting,
    labels: [...(parent?.root.labels ?? [])],
    given: new Set(),
    renamed,
    nameOf: (label) => renamed.get(label) ?? label,
    imagesOf: (ref) => (isThere(ref) ? [ref] : (shasOfKey.get(ref) ?? []).filter(isThere)),
    entriesOf: (ref) => (waiting.has(ref) ? [ref] : (entriesOfSha.get(ref) ?? []).filter((key) => waiting.has(key))),
    pictureOf: ({ sha256, pixelSha256 }) => {
      if (isThere(sha256)) return sha256;
      const alike = (shasOfPixels.get(pixelSha256) ?? []).filter(isThere);
      return alike.find((each) => images.has(each)) ?? alike[0] ?? null;
    },
    putBack: (image) => {
      if (!isThere(image.sha256)) indexImage(image);
      taken.delete(image.sha256);
      reinstated.delete(image.pixelSha256);
      images.set(image.sha256, image);
      returning.add(image.sha256);
      settle(image.pixelSha256);
    },
    takeOut,
    reinstate: (image) => {
      if (!reinstated.has(image.pixelSha256)) {
        for (const ref of new Set([image.sha256, image.key])) append(pixelsOfRef, ref, image.pixelSha256);
      }
      reinstated.set(image.pixelSha256, image);
      settle(image.pixelSha256);
    },
    discard: (image, correction) => {
      reinstated.delete(image.pixelSha256);
      const withdrawn = toWithdrawnImage(toEntry(image, 'taken_out', ''));
      if (withdrawn !== null) takeOut(withdrawn, correction);
    },
    withdrawnOf: (pixelSha256) =>
      (entriesOfPixels.get(pixelSha256) ?? [])
        .flatMap((key) => waiting.get(key) ?? [])
        .find(({ split }) => split !== undefined),
    reinstatedOf: (ref) => [...new Set(pixelsOfRef.get(ref))].flatMap((pixels) => reinstated.get(pixels) ?? []),
    awaitsDecision,
    settle,
  };
};

/** Entries of the quarantine for sound images that are left out, with all that takes them in later. */
import type { LandedImage, ManifestImage, QuarantineEntry, QuarantineReason, Split } from '@graft/contracts';

/** A sound image that is to be joined to a dataset. */
export interface Arrival extends LandedImage {
  /** Number of the correction that took it out of the quarantine and gave it its label. */
  readonly correction?: number;
  /** The split that it had before it was left out: it has it back. */
  readonly storedSplit?: Split;
}

/** What is known of an image by itself, whatever dataset it is joined to. */
export const toLandedImage = ({ correction: _, storedSplit: __, ...image }: Arrival): LandedImage => image;

export const toEntry = (image: Arrival, reason: QuarantineReason, detail: string): QuarantineEntry => ({
  key: image.key,
  etag: image.etag,
  sha256: image.sha256,
  reason,
  detail,
  image: toLandedImage(image),
  ...(image.storedSplit === undefined ? {} : { split: image.storedSplit }),
});

/** Of an image that was in the dataset. Its etag was not kept; the key says which object it is. */
export const toWithdrawnEntry = (image: ManifestImage, reason: QuarantineReason, detail: string): QuarantineEntry => {
  const { split, fixedSplit, correction: _, ...facts } = image;
  return toEntry({ ...facts, etag: '', split: fixedSplit ?? null, storedSplit: split }, reason, detail);
};

/** What `toWithdrawnEntry` made an entry of; null where the entry tells of an image that was never in the dataset. */
export const toWithdrawnImage = ({ image, split }: QuarantineEntry): ManifestImage | null => {
  if (image === undefined || split === undefined) return null;
  const { etag: _, split: fixedSplit, ...facts } = image;
  return { ...facts, split, ...(fixedSplit === null ? {} : { fixedSplit }) };
};

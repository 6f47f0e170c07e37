/** Pictures that corrections took out: landed again, they stay out until a correction puts them back. */
import type { ManifestImage, QuarantineEntry, TakenOut } from '@graft/contracts';
import { toEntry, type Arrival } from '../merge/quarantine-entry.js';

/** Splits off landed images whose bytes or pixels were taken out, and that no image of the parent holds as well. */
export const separateTakenOut = ({
  parent,
  takenOut,
  landed,
}: {
  parent: readonly ManifestImage[];
  takenOut: TakenOut['images'];
  landed: readonly Arrival[];
}): { landed: Arrival[]; quarantine: QuarantineEntry[] } => {
  if (takenOut.length === 0) return { landed: [...landed], quarantine: [] };
  const by = new Map<string, number>();
  for (const { sha256, pixelSha256, takenOutBy } of takenOut) {
    by.set(sha256, takenOutBy);
    by.set(pixelSha256, takenOutBy);
  }
  for (const { sha256, pixelSha256 } of parent) {
    by.delete(sha256);
    by.delete(pixelSha256);
  }
  const stays: Arrival[] = [];
  const quarantine: QuarantineEntry[] = [];
  for (const image of landed) {
    const correction = by.get(image.sha256) ?? by.get(image.pixelSha256);
    if (correction === undefined || image.correction !== undefined) stays.push(image);
    else {
      const detail = `correction ${correction} took this picture out: to have it back, restore it (./graft data restore)`;
      quarantine.push(toEntry(image, 'taken_out', detail));
    }
  }
  return { landed: stays, quarantine };
};

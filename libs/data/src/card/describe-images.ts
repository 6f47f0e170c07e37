/** What the images of a version are like, in numbers: the body of a dataset card. */
import type { DatasetCard, DatasetRoot, Histogram, ManifestImage, QuarantineEntry, Spread } from '@graft/contracts';
import { byText } from '../order.js';

const BINS = 20;

const quantile = (sorted: Float64Array, share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;

const spreadOf = (values: Iterable<number>): Spread => {
  const sorted = Float64Array.from(values).sort();
  return {
    images: sorted.length,
    least: sorted[0] ?? 0,
    low: quantile(sorted, 0.05),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 0.95),
    most: sorted.at(-1) ?? 0,
  };
};

/** @param values from 0 to 1 */
const histogramOf = (values: readonly number[]): Histogram => {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor(value * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { bounds: Array.from({ length: BINS + 1 }, (_, at) => at / BINS), counts };
};

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const sideOf = ({ width, height }: ManifestImage): number => Math.sqrt(width * height);

const countBy = (keys: Iterable<string>): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

/** A group that is named by the pixels of another image was given for being nearly that one. */
const isNearDuplicate = ({ group, pixelSha256 }: ManifestImage): boolean =>
  group !== null && group !== pixelSha256 && /^[0-9a-f]{64}$/.test(group);

/** The same version gives the same card. */
export const describeImages = ({
  root,
  images,
  quarantine,
}: {
  root: Pick<DatasetRoot, 'labels' | 'byLabel' | 'bySplit' | 'bySource'>;
  images: readonly ManifestImage[];
  quarantine: readonly QuarantineEntry[];
}): DatasetCard => {
  const ofLabel = new Map<string, ManifestImage[]>(root.labels.map((label) => [label, []]));
  for (const image of images) ofLabel.get(image.label)?.push(image);
  const measured = images.flatMap(({ quality }) => quality ?? []);
  const brightness = measured.map((quality) => quality.brightness);
  const labels = [...ofLabel]
    .filter(([, members]) => members.length > 0)
    .map(([label, members]) => ({
      label,
      images: members.length,
      ...(root.byLabel[label] ?? { train: 0, val: 0, test: 0 }),
      brightness: mean(members.flatMap(({ quality }) => quality?.brightness ?? [])),
      medianSide: spreadOf(members.map(sideOf)).median,
    }));
  const counts = labels.map((each) => each.images).sort((a, b) => a - b);
  const groups = countBy(images.flatMap(({ group }) => group ?? []));
  const reasons = [...countBy(quarantine.map(({ reason }) => reason))].sort(([a, x], [b, y]) => y - x || byText(a, b));
  return {
    images: images.length,
    bySplit: root.bySplit,
    labels,
    retired: [...ofLabel].filter(([, members]) => members.length === 0).map(([label]) => label),
    bySource: root.bySource,
    imbalance: counts.length < 2 ? null : (counts.at(-1) ?? 0) / (counts[0] ?? 1),
    bytes: images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    side: spreadOf(images.map(sideOf)),
    aspect: spreadOf(images.map(({ width, height }) => width / height)),
    brightness: spreadOf(brightness),
    contrast: spreadOf(measured.map((quality) => quality.contrast)),
    sharpness: spreadOf(measured.map((quality) => quality.sharpness)),
    brightnessHistogram: histogramOf(brightness),
    nearDuplicates: images.filter(isNearDuplicate).length,
    groups: [...groups.values()].filter((members) => members > 1).length,
    relabelledByHand: images.filter(({ correction }) => correction !== undefined).length,
    quarantine: Object.fromEntries(reasons),
  };
};

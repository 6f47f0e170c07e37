/** What the images of a version are like, in numbers: the body of a dataset card. */
import type { DatasetRoot, ManifestImage, QuarantineEntry, SplitCounts } from '@graft/contracts';
import { byText } from '../order.js';

/** Of a measure over images; all 0 where no image was measured. */
export interface Spread {
  readonly images: number;
  readonly least: number;
  /** 5%, 50% and 95%: the value that so many images don't exceed. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
  readonly most: number;
}

export interface Histogram {
  /** Bounds of the bins, one more than there are bins; the last bin holds its upper bound. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface LabelCard extends SplitCounts {
  readonly label: string;
  readonly images: number;
  /** Null where quality was not measured. */
  readonly brightness: number | null;
  readonly medianSide: number;
}

export interface DatasetCard {
  readonly images: number;
  readonly bySplit: SplitCounts;
  readonly labels: readonly LabelCard[];
  /** Labels that keep their index and have no image. */
  readonly retired: readonly string[];
  readonly bySource: Readonly<Record<string, number>>;
  /** Images of the most frequent label for one of the rarest (of those with images); null with fewer than two labels. */
  readonly imbalance: number | null;
  readonly bytes: number;
  /** Geometric mean of width and height, in pixels. */
  readonly side: Spread;
  /** Width by height. */
  readonly aspect: Spread;
  readonly brightness: Spread;
  readonly contrast: Spread;
  readonly sharpness: Spread;
  readonly brightnessHistogram: Histogram;
  /** Images that are nearly another one, and share its split. */
  readonly nearDuplicates: number;
  /** Groups of more than one image. */
  readonly groups: number;
  readonly relabelledByHand: number;
  readonly quarantine: Readonly<Record<string, number>>;
}

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

/** What the choice of a strategy asks of a dataset version. */

export interface DatasetSummary {
  readonly name: string;
  /** Every label with its images in each split, in the order of classes; val and test are absent where nobody counted them. */
  readonly labels: readonly {
    readonly label: string;
    readonly train: number;
    readonly val?: number;
    readonly test?: number;
  }[];
  /** Of all splits. */
  readonly images: number;
}

export interface ImageCounts {
  /** Training images in all, of the median label in use, and of the rarest and the most frequent one. */
  readonly train: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Labels without a single image are retired: they keep their place among the classes, and nothing is asked of them. */
export const labelsInUse = ({ labels }: DatasetSummary): DatasetSummary['labels'] =>
  labels.filter(({ train, val, test }) => !(train === 0 && val === 0 && test === 0));

export const countImages = (dataset: DatasetSummary): ImageCounts => {
  const counts = labelsInUse(dataset)
    .map(({ train }) => train)
    .sort((a, b) => a - b);
  return {
    train: counts.reduce((sum, count) => sum + count, 0),
    median: counts[counts.length >> 1] ?? 0,
    least: counts[0] ?? 0,
    most: counts.at(-1) ?? 0,
  };
};

/** 12,345: as people read counts. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** "1 image", "12 images". */
export const formatImages = (count: number): string => `${formatCount(count)} image${count === 1 ? '' : 's'}`;

export const formatPercent = (share: number): string => `${Math.round(share * 100)}%`;

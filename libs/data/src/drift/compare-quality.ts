/** Quality shift: whether new pictures are brighter, flatter, blurred, larger or of another shape than those before. */
import { QUALITY_MEASURES, type Drift, type ManifestImage, type QualityMeasure } from '@graft/contracts';
import { kolmogorovSmirnov, medianOf } from './kolmogorov-smirnov.js';

type Comparison = NonNullable<Drift['quality']>;
type Measured = Pick<ManifestImage, 'quality' | 'width' | 'height'>;

/** Undefined for an image that is older than the measure. The test looks at ranks: a logarithm of pixels would change nothing. */
const VALUE_OF: Readonly<Record<QualityMeasure, (image: Measured) => number | undefined>> = {
  brightness: ({ quality }) => quality?.brightness,
  contrast: ({ quality }) => quality?.contrast,
  sharpness: ({ quality }) => quality?.sharpness,
  pixels: ({ width, height }) => width * height,
  aspect: ({ width, height }) => width / height,
};

const valuesOf = (images: readonly Measured[], measure: QualityMeasure): number[] =>
  images.map(VALUE_OF[measure]).filter((value) => value !== undefined);

/** Step-down correction for several tests. Source: S. Holm, Scandinavian Journal of Statistics 6 (1979). */
export const holm = (pValues: readonly number[]): number[] => {
  const corrected = new Array<number>(pValues.length);
  let least = 0;
  pValues
    .map((p, index) => ({ p, index }))
    .sort((a, b) => a.p - b.p)
    .forEach(({ p, index }, rank) => {
      least = Math.max(least, Math.min(1, p * (pValues.length - rank)));
      corrected[index] = least;
    });
  return corrected;
};

/**
 * @param minImages a measure that fewer images a side have is left out
 * @returns null where no measure is left
 */
export const compareQuality = ({
  reference,
  added,
  alpha,
  minImages,
}: {
  reference: readonly Measured[];
  added: readonly Measured[];
  alpha: number;
  minImages: number;
}): Comparison | null => {
  const tests = QUALITY_MEASURES.flatMap((measure) => {
    const [before, now] = [valuesOf(reference, measure), valuesOf(added, measure)];
    if (before.length < minImages || now.length < minImages) return [];
    const medians = { referenceMedian: medianOf(before), newMedian: medianOf(now) };
    return [{ measure, ...kolmogorovSmirnov(before, now), ...medians }];
  });
  if (tests.length === 0) return null;
  const corrected = holm(tests.map(({ p }) => p));
  const measures = tests.map((test, index) => {
    const pHolm = corrected[index] ?? 1;
    return { ...test, pHolm, detected: pHolm < alpha };
  });
  return { alpha, detected: measures.some(({ detected }) => detected), measures };
};

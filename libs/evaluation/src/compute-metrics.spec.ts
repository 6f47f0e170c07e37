import { describe, expect, it } from '@jest/globals';
import { AppError, metricsSchema, type Prediction } from '@graft/contracts';
import fc from 'fast-check';
import { computeMetrics } from './compute-metrics.js';

const labels = ['ant', 'bee', 'wasp'];
const predict = (label: string, probabilities: number[], source = 'field'): Prediction => ({
  sha256: 'a'.repeat(64),
  label,
  source,
  probabilities,
});

describe('computeMetrics', () => {
  const predictions = [
    predict('ant', [0.8, 0.1, 0.1]),
    predict('ant', [0.6, 0.3, 0.1]),
    predict('ant', [0.2, 0.7, 0.1]),
    predict('bee', [0.1, 0.9, 0], 'lab'),
  ];
  const metrics = computeMetrics({ predictions, labels });

  it('counts by class, by source and in the confusion', () => {
    expect(metrics.images).toBe(4);
    expect(metrics.accuracy).toMatchObject({ value: 0.75, n: 4 });
    expect(metrics.confusion).toEqual([
      [2, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(metrics.accuracyBySource['field']).toMatchObject({ value: 2 / 3, n: 3 });
    expect(metrics.accuracyBySource['lab']).toMatchObject({ value: 1, n: 1 });
    expect(metrics.perClass[1]).toMatchObject({ support: 1, precision: { value: 0.5, n: 2 }, recall: { value: 1 } });
  });
  it('averages over the classes that have images', () => {
    expect(metrics.balancedAccuracy).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(metrics.macroF1).toBeCloseTo((0.8 + 2 / 3) / 2, 12);
  });
  it('measures calibration: four bins of one image each', () => {
    expect(metrics.ece).toBeCloseTo((0.2 + 0.4 + 0.7 + 0.1) / 4, 12);
    expect(metrics.reliability?.map(({ confidence, accuracy }) => [confidence, accuracy.value, accuracy.n])).toEqual([
      [0.6, 1, 1],
      [0.7, 0, 1],
      [0.8, 1, 1],
      [0.9, 1, 1],
    ]);
    for (const { lower, upper, confidence } of metrics.reliability ?? [])
      expect(lower < confidence && confidence <= upper).toBe(true);
  });
  it('is a document that its schema takes, without images too', () => {
    expect(metricsSchema.parse(metrics)).toEqual(metrics);
    expect(metricsSchema.parse(computeMetrics({ predictions: [], labels }))).toMatchObject({ images: 0, ece: 0 });
  });
  it('takes an older model that knows only the first labels', () => {
    expect(computeMetrics({ predictions: [predict('bee', [0.4, 0.6])], labels }).accuracy.value).toBe(1);
  });
  it('refuses a label it does not know', () => {
    expect(() => computeMetrics({ predictions: [predict('moth', [1, 0, 0])], labels })).toThrow(AppError);
  });
  it('adds up whatever the predictions', () => {
    const prediction = fc
      .tuple(
        fc.constantFrom(...labels),
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
      )
      .map(([label, raw]) =>
        predict(
          label,
          raw.map((value) => value / raw.reduce((a, b) => a + b, 0)),
        ),
      );
    fc.assert(
      fc.property(fc.array(prediction, { maxLength: 60 }), (sample) => {
        const found = computeMetrics({ predictions: sample, labels });
        const total = found.confusion.flat().reduce((a, b) => a + b, 0);
        const diagonal = found.confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
        expect(total).toBe(sample.length);
        expect(found.accuracy.value * Math.max(1, total)).toBeCloseTo(diagonal, 9);
        expect(found.ece).toBeGreaterThanOrEqual(0);
        expect(found.ece).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** A selection for tests, in the form of a real one. */
import { selectionSchema, type Selection, type SelectionCandidate } from '@graft/contracts';

interface Example {
  readonly candidate: string;
  readonly accuracy: number;
  readonly ms: number;
  readonly mb: number;
  readonly millions: number;
  readonly onFront?: boolean;
  readonly fineTuned?: number;
  readonly excludedBy?: SelectionCandidate['excludedBy'];
  readonly of?: 'itself' | 'original';
}

const IMAGES = 244;
const DIGEST = '1'.repeat(64);

const interval = (value: number, n: number) => {
  const half = 1.96 * Math.sqrt((value * (1 - value)) / n);
  return { value, lower: Math.max(0, value - half), upper: Math.min(1, value + half), n };
};

const latency = (p50Ms: number) => ({ p50Ms, p99Ms: p50Ms * 1.3, rounds: 40, cpuClass: 'avx512-vnni' });

const candidateOf = (example: Example): SelectionCandidate => {
  const { candidate, accuracy, ms, mb, millions, onFront = true, fineTuned, excludedBy = [], of = 'itself' } = example;
  const [backbone = '', variant = 'fp32'] = candidate.split(':');
  return {
    ...{
      candidate,
      backbone: `${backbone}.in1k`,
      variant,
      parameters: Math.round(millions * 1e6),
      macs: Math.round(ms * 1e8),
    },
    ...{ sizeBytes: Math.round(mb * 1e6), latency: latency(ms), onFront, excludedBy },
    probe: {
      ...{ accuracy: interval(accuracy, IMAGES), of, familiarity: 0.7, separability: 0.9, familiar: true },
      folds: [{ images: IMAGES, right: Math.round(accuracy * IMAGES), ridge: 1 }],
    },
    dominatedBy: onFront ? null : 'efficientnet_lite0',
    notShownBetterThan: null,
    againstBest: null,
    fineTuned:
      fineTuned === undefined
        ? null
        : {
            ...{ runId: 'run-1', strategy: 'head', accuracy: interval(fineTuned, 50), latency: latency(ms) },
            ...{ sizeBytes: Math.round(mb * 1e6), artifactDigest: DIGEST },
          },
  };
};

export const EXAMPLES: readonly Example[] = [
  { candidate: 'mobilenet_v3_small', accuracy: 0.902, ms: 3.1, mb: 6.1, millions: 1.5 },
  { candidate: 'mobilenet_v2', accuracy: 0.931, ms: 7.4, mb: 9.0, millions: 2.2, onFront: false },
  { candidate: 'efficientnet_lite0', accuracy: 0.951, ms: 7.1, mb: 13.6, millions: 3.4, fineTuned: 0.96 },
  { candidate: 'efficientnet_lite0:int8', accuracy: 0.947, ms: 4.4, mb: 3.8, millions: 3.4 },
  { candidate: 'efficientnet_lite0:pruned60', accuracy: 0.951, ms: 5.2, mb: 8.4, millions: 2.1, of: 'original' },
  { candidate: 'efficientnet_lite1', accuracy: 0.955, ms: 10.4, mb: 16.6, millions: 4.2 },
  { candidate: 'resnet18', accuracy: 0.934, ms: 14.9, mb: 44.7, millions: 11.2, onFront: false },
  { candidate: 'resnet50', accuracy: 0.963, ms: 38.2, mb: 94.1, millions: 23.5, fineTuned: 0.94 },
  { candidate: 'vgg16', accuracy: 0.939, ms: 131, mb: 537, millions: 134.3, onFront: false },
];

export const exampleSelection = (
  options: { examples?: readonly Example[]; limits?: Selection['request']['limits']; recommended?: string | null } = {},
): Selection => {
  const { examples = EXAMPLES, limits = {}, recommended = 'efficientnet_lite0' } = options;
  return selectionSchema.parse({
    schemaVersion: 'selection.v1',
    request: {
      ...{ schemaVersion: 'selection-request.v1', dataset: 'insects', datasetVersion: DIGEST, limits },
      candidates: examples.map(({ candidate }) => candidate),
    },
    ...{ images: IMAGES, valImages: 50, labels: 2, candidates: examples.map(candidateOf) },
    recommendation:
      recommended === null
        ? null
        : {
            candidate: recommended,
            reasons: ['it names 95.1% right', 'it is the cheapest of the 4 within the limits'],
          },
    warnings: [{ kind: 'biggest_not_best', message: 'the biggest candidate, vgg16, is no better' }],
  });
};

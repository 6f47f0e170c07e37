/** The answer to a selection, of what was measured. Pure: the same measurements give the same answer. */
import {
  parseCandidate,
  probeTargetOf,
  type ConcludeSelectionInput,
  type FinalistResults,
  type FineTuned,
  type Selection,
  type SelectionCandidate,
  type SelectionRequest,
  type SelectionWarning,
} from '@graft/contracts';
import { accuracyOf, brokenLimits, recommend, standings, type Contender } from '@graft/evaluation';
import type { MeasuredCandidates } from './selection-contenders.js';

export interface ConcludeOptions extends MeasuredCandidates {
  readonly request: SelectionRequest;
  /** Null where nothing was fine-tuned. */
  readonly finalists: FinalistResults | null;
  readonly failures: ConcludeSelectionInput['failures'];
}

type FinalistResult = FinalistResults['finalists'][number];

const toFineTuned = ({ right, candidate: _, ...result }: FinalistResult): FineTuned => ({
  ...result,
  accuracy: accuracyOf({ right }),
});

/** With its fine-tuned model's answers and costs. */
const toFinalist = ({ candidate, right, latency, sizeBytes }: FinalistResult, parameters: number): Contender => ({
  ...{ candidate, right, sizeBytes, parameters, p50Ms: latency.p50Ms, answersOf: null },
});

export const concludeSelection = (options: ConcludeOptions): Selection => {
  const { request, candidates, contenders, finalists, failures } = options;
  const { limits, alpha } = request;
  const parametersOf = new Map(contenders.map(({ candidate, parameters }) => [candidate, parameters]));
  const tuned = (finalists?.finalists ?? []).map((result) => ({
    result,
    contender: toFinalist(result, parametersOf.get(result.candidate) ?? 0),
  }));
  // Where nothing is fine-tuned, what the probes came to is all that there is to hold against a least accuracy.
  const certainty = tuned.length === 0 ? 'measured' : 'shown';
  const places = standings({ contenders, limits, alpha, certainty });

  const described = candidates.map(({ contender, probe, measured }, at): SelectionCandidate => {
    const { candidate } = contender;
    const place = places[at];
    const fineTuned = tuned.find(({ result }) => result.candidate === candidate);
    const { folds, familiarity, separability, familiar } = probe;
    return {
      ...measured,
      variant: parseCandidate(candidate).variant,
      probe: {
        ...{ accuracy: accuracyOf(contender), folds, familiarity, separability, familiar },
        of: probeTargetOf(candidate).of,
      },
      onFront: place?.onFront ?? false,
      dominatedBy: place?.dominatedBy ?? null,
      notShownBetterThan: place?.notShownBetterThan ?? null,
      againstBest: place?.againstBest ?? null,
      excludedBy:
        fineTuned === undefined ? (place?.excludedBy ?? []) : brokenLimits(fineTuned.contender, limits, 'measured'),
      fineTuned: fineTuned === undefined ? null : toFineTuned(fineTuned.result),
    };
  });

  const { recommendation, warnings } = recommend({
    contenders,
    finalists: tuned.map(({ contender }) => contender),
    limits,
    alpha,
    domain: candidates
      .filter(({ contender: { candidate } }) => probeTargetOf(candidate).target === candidate)
      .map(({ contender: { candidate }, probe: { familiarity, familiar } }) => ({ candidate, familiarity, familiar })),
  });
  const failed = failures.map(({ candidate, message }): SelectionWarning => ({
    kind: 'finalist_failed',
    message: `${candidate} could not be fine-tuned: ${message}`,
  }));
  return {
    schemaVersion: 'selection.v1',
    request,
    images: contenders[0]?.right.length ?? 0,
    valImages: finalists?.images.length ?? 0,
    labels: candidates[0]?.probe.labels ?? 0,
    candidates: described,
    recommendation,
    warnings: [...warnings, ...failed],
  };
};

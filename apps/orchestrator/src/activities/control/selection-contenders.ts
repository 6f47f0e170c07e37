/** Candidates of a selection with all that was measured of them. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  backboneMeasuresSchema,
  probeResultSchema,
  probeTargetOf,
  type BackboneMeasures,
  type BlobStore,
  type CandidateName,
  type JudgeProbesInput,
  type ProbeResult,
  type SelectionRequest,
} from '@graft/contracts';
import type { Contender } from '@graft/evaluation';

export interface MeasuredCandidate {
  readonly contender: Contender;
  readonly probe: ProbeResult;
  readonly measured: BackboneMeasures['candidates'][number];
}

export interface MeasuredCandidates {
  /** In the order asked. */
  readonly candidates: readonly MeasuredCandidate[];
  readonly contenders: readonly Contender[];
}

const required = <T>(value: T | undefined, what: string, candidate: CandidateName): T => {
  if (value === undefined) throw new AppError('internal', `${candidate} has no ${what}`);
  return value;
};

/** @throws AppError `internal` where a candidate was not probed or measured; whatever keeps a document from being read. */
export const readContenders = async (
  blobs: BlobStore,
  { candidates }: SelectionRequest,
  { probed, measures }: Pick<JudgeProbesInput, 'probed' | 'measures'>,
): Promise<MeasuredCandidates> => {
  const document = await readDocument(blobs, backboneMeasuresSchema, measures);
  const probes = new Map<CandidateName, ProbeResult>();
  for (const { target, probe } of probed) probes.set(target, await readDocument(blobs, probeResultSchema, probe));
  const all = candidates.map((candidate): MeasuredCandidate => {
    const { target, of } = probeTargetOf(candidate);
    const probe = required(probes.get(target), 'probe', candidate);
    const measured = required(
      document.candidates.find((one) => one.candidate === candidate),
      'measures',
      candidate,
    );
    const { parameters, sizeBytes, latency } = measured;
    const answersOf = of === 'itself' ? null : target;
    return {
      probe,
      measured,
      contender: { candidate, parameters, sizeBytes, p50Ms: latency.p50Ms, right: probe.right, answersOf },
    };
  });
  return { candidates: all, contenders: all.map(({ contender }) => contender) };
};

/** What a run of a selection trains, written as the pipeline that would train it; nobody has applied that one. */
import {
  digestOfText,
  parseCandidate,
  pipelineSchema,
  probeTargetOf,
  type Pipeline,
  type SelectionRequest,
  type SelectionRun,
} from '@graft/contracts';

/** Of a name (nameSchema). */
const MOST_LETTERS = 63;

/** `select.<dataset>.<backbone>[.<variant>]`; where that is too long, its end gives way to a digest of the whole. */
const nameOf = (dataset: string, candidate: string): string => {
  const name = `select.${dataset}.${candidate.replace(':', '.').toLowerCase()}`;
  return name.length <= MOST_LETTERS ? name : `${name.slice(0, MOST_LETTERS - 9)}-${digestOfText(name).slice(0, 8)}`;
};

/**
 * A probe embeds the backbone as it is, or in eight bits. A finalist is fine-tuned in float32 and made into its form afterwards, as
 * a version's variants are.
 */
export const selectionPipeline = (
  { dataset, strategy, seed }: SelectionRequest,
  { candidate, purpose }: Pick<SelectionRun, 'candidate' | 'purpose'>,
): Pipeline => {
  const { backbone, variant } = parseCandidate(candidate);
  const shared = { schemaVersion: 'pipeline.v1', name: nameOf(dataset, candidate), data: { dataset } };
  return pipelineSchema.parse(
    purpose === 'probe'
      ? { ...shared, train: { backbone, strategy: 'head', embedder: probeTargetOf(candidate).embedder, seed } }
      : { ...shared, train: { backbone, strategy, seed }, variants: [variant] },
  );
};

import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contracts from './index.js';
import { canonicalJson, digestOfText, toCanonicalDocument } from './canonical-json.js';
import { SCHEMA_SAMPLES } from './testing/samples.js';
import type { Refusal } from './testing/schema-sample.js';

/** A copy of a document with one value put in its place; undefined takes the key away. */
const withChange = (document: unknown, { path, value }: Refusal): unknown => {
  const copy = structuredClone(document) as Record<string | number, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string | number, unknown>, copy);
  const last = path.at(-1) as string | number;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
};

describe.each(SCHEMA_SAMPLES)('$name', ({ schema, valid, refuses }) => {
  it('comes back equal from its canonical text', () => {
    const { bytes } = toCanonicalDocument(schema, valid);
    expect(schema.parse(JSON.parse(new TextDecoder().decode(bytes)))).toEqual(schema.parse(valid));
  });

  it('has one digest, whatever the order of its keys', () => {
    const reversed = Object.fromEntries(Object.entries(valid).reverse());
    expect(toCanonicalDocument(schema, reversed).digest).toBe(toCanonicalDocument(schema, valid).digest);
  });

  it.each(
    refuses.map((refusal) => ({
      told: `${refusal.path.join('.')} = ${JSON.stringify(refusal.value)?.slice(0, 40)}`,
      refusal,
    })),
  )('refuses $told and names the place', ({ refusal }) => {
    const result = schema.safeParse(withChange(valid, refusal));
    expect(result.success).toBe(false);
    const places = result.error?.issues.map((issue) =>
      [...issue.path, ...('keys' in issue ? (issue.keys as string[]) : [])].join('.'),
    );
    expect(places).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^${refusal.path[0]}`))]));
  });
});

describe('the samples', () => {
  it('cover every document schema that the package exports', () => {
    const covered = new Set(SCHEMA_SAMPLES.map(({ schema }) => schema));
    const inside = new Set([
      // Parts of the documents above, and inputs that are those documents less what the registry adds.
      'digestSchema',
      'nameSchema',
      'labelSchema',
      'timestampSchema',
      'shareSchema',
      'roleSchema',
      'accessTokenSchema',
      'intervalSchema',
      'splitSchema',
      'splitCountsSchema',
      'quarantineReasonSchema',
      'quarantineEntrySchema',
      'datasetVersionSchema',
      'newDatasetVersionSchema',
      'pipelineDataSchema',
      'pipelineTrainSchema',
      'pipelineGateSchema',
      'pipelineReviewSchema',
      'pipelineRolloutSchema',
      'pipelineTriggerSchema',
      'imageQualitySchema',
      'imageChangeSchema',
      'landedImageSchema',
      'imageRefSchema',
      'correctionActionSchema',
      'ingestionStateSchema',
      'pipelineVersionSchema',
      'pipelineEmbedderSchema',
      'variantNameSchema',
      'versionVariantSchema',
      'exportedFormSchema',
      'preprocessingSchema',
      'predictionSchema',
      'perClassSchema',
      'metricsSchema',
      'pairedSchema',
      'gateVerdictSchema',
      'gateCheckSchema',
      'gateSchema',
      'latencySchema',
      'runStageSchema',
      'runStateSchema',
      'newRunSchema',
      'runPatchSchema',
      'versionStateSchema',
      'reconciliationActSchema',
      'noticeKindSchema',
      'noticeDataSchema',
      'noticeSchema',
      'webhookSchema',
      'reviewActSchema',
      'reopenRequestSchema',
      'newModelVersionSchema',
      'newAdoptionSchema',
      'ledgerActionSchema',
      'trialRoleSchema',
      'trialPolicySchema',
      'tallySchema',
      'trialMeasureSchema',
      'trialEvidenceSchema',
      'trialStateSchema',
      'ledgerTrialSchema',
      'trialCountsSchema',
      'servableSchema',
      'replicaSchema',
      'ingestDatasetResultSchema',
      'retrainResultSchema',
      'requestedRunSchema',
      'datasetStorySchema',
      'promoteResultSchema',
      'ingestPlanSchema',
      'championRefSchema',
      'openedRunSchema',
      'embeddingPlanSchema',
      'exportedModelSchema',
      'evaluatedModelSchema',
      'inspectedObjectSchema',
      'landedHintSchema',
      'landedImageSchema',
      'landingObjectSchema',
      'landingPlacementSchema',
      'promotionStateSchema',
      'trainingSettingsSchema',
      'freezeScopeSchema',
      'reliabilityBinSchema',
      'sliceSchema',
      'checkpointRefSchema',
      'candidateNameSchema',
      'selectionLimitsSchema',
      'probeSchema',
      'fineTunedSchema',
      'selectionCandidateSchema',
      'selectionWarningSchema',
      'recommendationSchema',
      'selectionStageSchema',
      'selectionRunSchema',
      'selectResultSchema',
      'selectionStateSchema',
      'trainedFinalistSchema',
      'probedTargetSchema',
      'judgeProbesInputSchema',
      'objectPrefixSchema',
      'bulkStateSchema',
      'bulkCountsSchema',
      'reproductionOutcomeSchema',
      'reproductionEventSchema',
      'reproductionStepSchema',
      'comparedFormSchema',
    ]);
    const missing = Object.entries(contracts)
      .filter(([name, value]) => value instanceof z.ZodType && !covered.has(value) && !inside.has(name))
      .map(([name]) => name);
    expect(missing).toEqual([]);
  });
});

describe('canonicalJson', () => {
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('refuses what JSON has no form for', () => {
    expect(() => canonicalJson({ loss: Number.NaN })).toThrow();
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
    expect(() => canonicalJson('\ud800')).toThrow();
  });

  it('takes the digest that sha256sum takes of the same text', () => {
    expect(digestOfText('{"a":1}')).toBe('015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
  });
});

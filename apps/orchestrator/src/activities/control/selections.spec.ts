import { describe, expect, it } from '@jest/globals';
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  backboneMeasuresSchema,
  digestOfText,
  finalistResultsSchema,
  nameSchema,
  parseCandidate,
  probeResultSchema,
  selectionDigest,
  selectionRequestSchema,
  selectionSchema,
  type Digest,
  type NewSelectionRun,
  type Run,
  type SelectionPatch,
  type SelectionRecord,
  type SelectionRequest,
} from '@graft/contracts';
import { createWorld, type World } from '../../testing/activity-world.js';
import type { ControlDependencies } from './dependencies.js';
import { selectionPipeline } from './selection-pipeline.js';
import { createSelectionActivities } from './selections.js';

const VERSION = digestOfText('dataset version 1');
const CANDIDATES = ['efficientnet_lite0', 'efficientnet_lite0:pruned60', 'mobilenet_v3_small', 'resnet50'];
const IMAGES = 100;

const requestOf = (overrides: Partial<SelectionRequest> = {}): SelectionRequest =>
  selectionRequestSchema.parse({
    ...{ schemaVersion: 'selection-request.v1', dataset: 'flowers', datasetVersion: VERSION, candidates: CANDIDATES },
    ...overrides,
  });

/** The selections of a registry, of which there is one. */
const control = (world: World, request: SelectionRequest) => {
  const patches: SelectionPatch[] = [];
  const opened: NewSelectionRun[] = [];
  const record: SelectionRecord = {
    ...{ id: 'selection-1', digest: selectionDigest(request), request, attempt: 2, state: 'running', stage: null },
    ...{ runs: [], result: null, error: null, by: 'jo', createdAt: '2026-01-01T00:00:00Z' },
    updatedAt: '2026-01-01T00:00:00Z',
  };
  const registry = {
    ...world.registry,
    getSelection: async () => record,
    patchSelection: async (_: string, patch: SelectionPatch) => (patches.push(patch), record),
    openSelectionRun: async (_: string, run: NewSelectionRun): Promise<Run> => {
      opened.push(run);
      return world.registry.createRun(run.run);
    },
  };
  const activities = createSelectionActivities({ ...world, registry } as unknown as ControlDependencies);
  return { ...activities, patches, opened };
};

/** The first `wrong` answers are wrong. */
const answers = (wrong: number, images = IMAGES): boolean[] => Array.from({ length: images }, (_, at) => at >= wrong);
const latency = (p50Ms: number) => ({ p50Ms, p99Ms: p50Ms, rounds: 40, cpuClass: 'test' });
const COSTS: Record<string, { ms: number; mb: number; wrong: number }> = {
  efficientnet_lite0: { ms: 8, mb: 14, wrong: 5 },
  'efficientnet_lite0:pruned60': { ms: 6, mb: 9, wrong: 5 },
  mobilenet_v3_small: { ms: 3, mb: 6, wrong: 20 },
  resnet50: { ms: 40, mb: 94, wrong: 4 },
};

const writeMeasurements = async ({ blobs }: World) => {
  const targets = CANDIDATES.filter((candidate) => !candidate.includes(':'));
  const probed = await Promise.all(
    targets.map(async (target) => ({
      target,
      plan: digestOfText(`plan of ${target}`),
      embedder: digestOfText(`embedder of ${target}`),
      probe: await writeDocument(blobs, probeResultSchema, {
        ...{ schemaVersion: 'probe.v1', embedder: digestOfText(target), datasetVersion: VERSION, labels: 2 },
        images: answers(0).map((_, at) => digestOfText(`image ${at}`)),
        right: answers(COSTS[target]?.wrong ?? 0),
        folds: [{ images: IMAGES, right: IMAGES - (COSTS[target]?.wrong ?? 0), ridge: 1 }],
        ...{ familiarity: 0.2, separability: 0.5, familiar: false },
      }),
    })),
  );
  const measures = await writeDocument(blobs, backboneMeasuresSchema, {
    ...{ schemaVersion: 'backbone-measures.v1', datasetVersion: VERSION },
    candidates: CANDIDATES.map((candidate) => ({
      ...{ candidate, backbone: `${parseCandidate(candidate).backbone}.in1k`, macs: 1e8 },
      parameters: (COSTS[candidate]?.mb ?? 1) * 250_000,
      sizeBytes: (COSTS[candidate]?.mb ?? 1) * 1e6,
      latency: latency(COSTS[candidate]?.ms ?? 1),
    })),
  });
  return { selectionId: 'selection-1', probed, measures };
};

const writeFinalists = ({ blobs }: World, wrong: Record<string, number>): Promise<Digest> =>
  writeDocument(blobs, finalistResultsSchema, {
    ...{ schemaVersion: 'finalist-results.v1', datasetVersion: VERSION },
    images: answers(0, 60).map((_, at) => digestOfText(`image ${at}`)),
    finalists: Object.entries(wrong).map(([candidate, mistakes]) => ({
      ...{ candidate, runId: `run of ${candidate}`, right: answers(mistakes, 60) },
      strategy: 'head' as const,
      ...{ latency: latency(COSTS[candidate]?.ms ?? 1), sizeBytes: (COSTS[candidate]?.mb ?? 1) * 1e6 },
      artifactDigest: digestOfText(candidate),
    })),
  });

describe('the finalists of a selection', () => {
  it('are the cheapest that is not shown to be worse, and what it was made from', async () => {
    const world = createWorld();
    const { chooseFinalists } = control(world, requestOf());
    expect(await chooseFinalists(await writeMeasurements(world))).toEqual({
      finalists: ['efficientnet_lite0:pruned60', 'efficientnet_lite0'],
    });
  });
});

describe('the answer to a selection', () => {
  const conclude = async (request: SelectionRequest, wrong: Record<string, number> | null) => {
    const world = createWorld();
    const { concludeSelection, patches } = control(world, request);
    const { result } = await concludeSelection({
      ...(await writeMeasurements(world)),
      finalists: wrong === null ? null : await writeFinalists(world, wrong),
      failures: wrong === null ? [] : [{ candidate: 'resnet50', message: 'too many parameters' }],
    });
    expect(patches).toEqual([{ state: 'succeeded', result }]);
    return { result, selection: await readDocument(world.blobs, selectionSchema, result) };
  };

  it('says what was measured of each candidate, and recommends one', async () => {
    const finalists = { 'efficientnet_lite0:pruned60': 3, efficientnet_lite0: 2 };
    const { result, selection } = await conclude(requestOf(), finalists);
    expect(selection).toMatchObject({ images: IMAGES, valImages: 60, labels: 2 });
    expect(selection.recommendation?.candidate).toBe('efficientnet_lite0:pruned60');
    expect(selection.candidates.map(({ onFront, probe: { of } }) => [onFront, of])).toEqual([
      [true, 'itself'],
      [true, 'original'],
      [true, 'itself'],
      [true, 'itself'],
    ]);
    expect(selection.candidates[3]?.notShownBetterThan).toBe('efficientnet_lite0');
    expect(selection.candidates[1]?.fineTuned).toMatchObject({ accuracy: { value: 0.95, n: 60 }, strategy: 'head' });
    expect(selection.warnings.map(({ kind }) => kind)).toEqual([
      ...['biggest_not_best', 'domain_far', 'few_images', 'finalist_failed'],
    ]);
    expect((await conclude(requestOf(), finalists)).result).toBe(result);
  });

  it('rests on probes alone where nothing was fine-tuned, and then on what was measured itself', async () => {
    const { selection } = await conclude(requestOf({ finalists: 0, limits: { minAccuracy: 0.9 } }), null);
    expect(selection.recommendation?.candidate).toBe('efficientnet_lite0');
    expect(selection.candidates[2]?.excludedBy).toMatchObject([{ limit: 'minAccuracy' }]);
    expect(selection.valImages).toBe(0);
  });
});

describe('a run of a selection', () => {
  it('is the same one when it is opened again, and another for another purpose', async () => {
    const { openSelectionRun, opened } = control(createWorld(), requestOf());
    const input = { selectionId: 'selection-1', candidate: 'efficientnet_lite0', purpose: 'probe' } as const;
    const [first, again] = [await openSelectionRun(input), await openSelectionRun(input)];
    const finalist = await openSelectionRun({ ...input, purpose: 'finalist' });
    expect(again.runId).toBe(first.runId);
    expect(finalist.runId).not.toBe(first.runId);
    expect(opened[0]?.run).toMatchObject({ attempt: 2, pipeline: 'select.flowers.efficientnet_lite0' });
  });

  it('embeds in eight bits for a probe, and fine-tunes in float32 whatever the form', () => {
    const request = requestOf({ strategy: 'partial', seed: 7 });
    const candidate = 'efficientnet_lite0:pruned60-int8';
    expect(selectionPipeline(request, { candidate: 'resnet50:int8', purpose: 'probe' }).train).toMatchObject({
      ...{ backbone: 'resnet50', strategy: 'head', embedder: 'int8', seed: 7 },
    });
    expect(selectionPipeline(request, { candidate, purpose: 'finalist' })).toMatchObject({
      ...{ train: { embedder: 'fp32', strategy: 'partial' }, variants: ['pruned60-int8'] },
    });
  });

  it('has a name that fits, however long those of dataset and backbone are', () => {
    const dataset = 'd'.repeat(60);
    const names = ['resnet18', 'resnet34'].map(
      (candidate) => selectionPipeline(requestOf({ dataset }), { candidate, purpose: 'probe' }).name,
    );
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(nameSchema.safeParse(name).success).toBe(true);
  });
});

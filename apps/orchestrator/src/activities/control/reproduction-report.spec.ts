import { describe, expect, it } from '@jest/globals';
import type { ComparedForm, ConcludeReproductionInput, Lineage, ModelVersion } from '@graft/contracts';
import { digest, REPRODUCTION_SOURCE } from '../../testing/fake-activities.js';
import { reportReproduction } from './reproduction-report.js';

const code = { graft: '1.2.3', commit: null };
const runtime = { tensorflow: '2.21.0', onnxruntime: '1.30.0', node: 'v20', cpuClass: 'avx2', threads: 2 };
const artifact = (kind: ModelVersion['artifacts'][number]['kind'], variant: string, name: string) => ({
  ...{ kind, variant, digest: digest(name), sizeBytes: 1, mediaType: 'application/octet-stream' },
});
const artifacts = [
  artifact('trained', '', 'trained'),
  artifact('activations', '', 'activations'),
  artifact('model', 'fp32', 'fp32'),
  artifact('model', 'int8', 'int8'),
];
const version = { model: 'flowers', version: 2, artifacts, lineage: { runId: 'run-1', code, runtime } as Lineage };
const form = (variant: string, overrides: Partial<ComparedForm> = {}): ComparedForm => ({
  ...{ variant, images: 36, maxDifference: 0, changedAnswers: 0, tolerance: 1e-4, figures: [] },
  predictions: { recorded: digest(`predictions ${variant}`), made: digest(`predictions ${variant}`) },
  ...{ cpuClass: { recorded: 'avx2', here: 'avx2' }, ...overrides },
});
const input = (overrides: Partial<ConcludeReproductionInput['made']> = {}): ConcludeReproductionInput => ({
  ...{ reproductionId: '1', source: REPRODUCTION_SOURCE, compared: [form('int8'), form('fp32')] },
  made: {
    ...{ embedder: null, activations: digest('activations'), runtime },
    files: [{ kind: 'trained', variant: '', digest: digest('trained') }],
    models: [artifact('model', 'int8', 'int8'), artifact('model', 'fp32', 'fp32')],
    ...overrides,
  },
});
const resultsOf = (asked: ConcludeReproductionInput, of: typeof version = version) =>
  reportReproduction(asked, of, code).steps.map(({ what, variant, result }) => `${what} ${variant} ${result}`);

describe('the report of a reproduction', () => {
  it('is identical where everything that was made again has the recorded bytes, and says what was pinned', () => {
    const report = reportReproduction(input(), version, code);
    expect(report).toMatchObject({ outcome: 'identical', runId: 'run-1', fresh: false });
    expect(resultsOf(input())).toEqual([
      ...['embedder  pinned', 'activations  pinned', 'plan  pinned', 'trained  identical'],
      ...['model int8 identical', 'predictions int8 identical', 'figures int8 identical'],
      ...['model fp32 identical', 'predictions fp32 identical', 'figures fp32 identical'],
    ]);
    expect(report.conditions.every(({ recorded, here }) => recorded === here)).toBe(true);
  });

  it('is within tolerance where bytes differ and answers hardly do; a form beyond it makes it different', () => {
    const asked = input({ files: [{ kind: 'trained', variant: '', digest: digest('other') }] });
    const near = form('fp32', { maxDifference: 1e-5 });
    const far = form('int8', { maxDifference: 0.2, changedAnswers: 3, figures: ['accuracy'] });
    expect(reportReproduction({ ...asked, compared: [near] }, version, code).outcome).toBe('within_tolerance');
    const report = reportReproduction({ ...asked, compared: [far, near] }, version, code);
    expect(report.outcome).toBe('different');
    expect(report.steps.find(({ result }) => result === 'different')?.what).toBe('trained');
  });

  it('names what it ran on then and now', () => {
    const here = { ...runtime, cpuClass: 'bf16', tensorflow: '2.22.0' };
    const { conditions } = reportReproduction(input({ runtime: here }), version, { graft: '1.3.0', commit: 'abcdef' });
    expect(conditions.filter((one) => one.recorded !== one.here).map(({ name }) => name)).toEqual([
      ...['Graft', 'TensorFlow', 'CPU class'],
    ]);
  });

  it('says where nothing was recorded, and what was computed afresh', () => {
    const older = { ...version, artifacts: artifacts.filter(({ kind }) => kind !== 'activations') };
    expect(resultsOf(input(), older)).toContain('activations  unrecorded');
    expect(reportReproduction(input(), older, code).outcome).toBe('identical');
    const fresh = input({ embedder: digest('embedder') });
    const source = { ...REPRODUCTION_SOURCE, fresh: true };
    expect(resultsOf({ ...fresh, source }).slice(0, 3)).toEqual([
      ...['embedder  identical', 'activations  identical', 'plan  pinned'],
    ]);
    expect(resultsOf({ ...fresh, source: { ...source, learnsFromActivations: false } })).not.toContainEqual(
      expect.stringContaining('activations'),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { digestOfText, reproductionRunId, type CheckpointRef, type NewRunEvent } from '@graft/contracts';
import { withReproductions } from './reproduction-runs.js';

const checkpoint: CheckpointRef = { digest: digestOfText('checkpoint'), plan: digestOfText('plan'), step: 7 };
const event: NewRunEvent = { schemaVersion: 'run-event.v1', stage: 'train', kind: 'started' };

const create = () => {
  const calls: unknown[][] = [];
  const told =
    (name: string, answer?: unknown) =>
    async (...given: unknown[]): Promise<never> => {
      calls.push([name, ...given]);
      return answer as never;
    };
  const registry = withReproductions({
    getReproduction: told('getReproduction', { state: 'running', checkpoint, model: 'insects', version: 2 }),
    patchReproduction: told('patchReproduction'),
    postReproductionEvents: told('postReproductionEvents'),
    listReproductionEvents: told('listReproductionEvents', []),
    getModelVersion: told('getModelVersion', { model: 'insects', version: 2, lineage: { pipeline: 'beetles' } }),
    getRun: told('getRun'),
    patchRun: told('patchRun'),
    postRunEvents: told('postRunEvents'),
    listRunEvents: told('listRunEvents', []),
  });
  return { registry, calls };
};

describe('a reproduction in the place of a run', () => {
  const id = reproductionRunId('1');

  it('has the checkpoint that it goes on from, and the pipeline that made the version', async () => {
    const { registry } = create();
    expect(await registry.getRun(id)).toEqual({ state: 'running', checkpoint, pipeline: 'beetles', embedded: null });
  });

  it('keeps what it tells, and never touches a run', async () => {
    const { registry, calls } = create();
    await registry.patchRun(id, { stage: 'train' });
    await registry.patchRun(id, { checkpoint });
    await registry.patchRun(id, { checkpoint: null });
    await registry.postRunEvents(id, [event]);
    await registry.listRunEvents(id);
    expect(calls).toEqual([
      ['patchReproduction', '1', { state: 'running', checkpoint }],
      ['patchReproduction', '1', { state: 'running', checkpoint: null }],
      ['postReproductionEvents', '1', [event]],
      ['listReproductionEvents', '1'],
    ]);
  });

  it('leaves runs to the registry', async () => {
    const { registry, calls } = create();
    await registry.getRun('run-1');
    await registry.patchRun('run-1', { stage: 'train' });
    await registry.postRunEvents('run-1', [event]);
    await registry.listRunEvents('run-1');
    expect(calls.map(([name]) => name)).toEqual(['getRun', 'patchRun', 'postRunEvents', 'listRunEvents']);
  });
});

/** Workflows that are under way go on under new code: the recorded histories replay (record-histories.mjs records more). */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { WORKFLOW_TYPES } from '@graft/contracts';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { buildWorkflowBundle } from '../workflow-bundle.js';

const FOLDER = new URL('./histories/', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort();

const textOf = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

describe('recorded histories', () => {
  let workflowBundle: WorkflowBundleOption;
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    workflowBundle = await buildWorkflowBundle({ logger: new DefaultLogger('ERROR') });
  });

  const replay = (history: unknown): Promise<void> => Worker.runReplayHistory({ workflowBundle }, history);

  it('are there for every workflow type', () => {
    const recorded = new Set(NAMES.map((name) => name.split('-')[0]));
    expect([...recorded].sort()).toEqual(Object.values(WORKFLOW_TYPES).sort());
  });

  it.each(NAMES)('%s replays', async (name) => {
    await expect(replay(JSON.parse(textOf(name)))).resolves.toBeUndefined();
  });

  it('would tell a workflow that does something else', async () => {
    const other = textOf('retrain-first.json').replaceAll('"exportModel"', '"exportSomething"');
    await expect(replay(JSON.parse(other))).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});

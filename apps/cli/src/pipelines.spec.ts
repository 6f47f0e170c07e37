import { pipelineTrainSchema } from '@graft/contracts';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { noteIdleSettings } from './commands/pipelines.js';

describe('a pipeline file that is looked at', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has settings without effect told, on standard error', () => {
    let told = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
    noteIdleSettings({ train: pipelineTrainSchema.parse({ strategy: 'head', augment: {}, stages: 2 }) });
    expect(told.split('\n')).toEqual([
      expect.stringMatching(/^warning without effect: train.augment: head learns from cached/),
      expect.stringMatching(/^warning without effect: train.stages: /),
      '',
    ]);
    told = '';
    noteIdleSettings({ train: pipelineTrainSchema.parse({ strategy: 'full', augment: {} }) });
    expect(told).toBe('');
  });
});

import { pipelineTrainSchema } from '@graft/contracts';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { noteIdleSettings, noteNewDataset } from './commands/pipelines.js';

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

  it('that names a dataset that was not there has it told, with the one that may have been meant', () => {
    let told = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
    noteNewDataset('insects', ['flowers', 'insects']);
    expect(told).toBe('');
    noteNewDataset('birds', ['flowers', 'insects']);
    noteNewDataset('birds', []);
    const made = 'dataset birds was not there: it has been made, empty\n';
    expect(told).toBe(`${made}${made}`);
    told = '';
    noteNewDataset('insetcs', ['flowers', 'insects']);
    expect(told).toBe(
      'warning dataset insetcs was not there: it has been made, empty. Is insects meant? Then correct data.dataset in the file and apply it again\n' +
        'datasets that were there: flowers, insects\n',
    );
  });
});

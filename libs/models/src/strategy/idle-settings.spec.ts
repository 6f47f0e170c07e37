import { pipelineTrainSchema, type Pipeline } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { idleSettings } from './idle-settings.js';

const idle = (given: Partial<Record<keyof Pipeline['train'], unknown>>, chosen?: 'head' | 'full'): string[] => {
  const train = pipelineTrainSchema.parse(given);
  return idleSettings({ strategy: chosen ?? train.strategy, train }).map((line) => line.split(':')[1]?.trim() ?? '');
};

describe('settings without effect', () => {
  it('are those that the strategy has no use for', () => {
    const all = { augment: {}, stages: 2, budgetMinutes: 5, weights: 's3://models/own.safetensors' };
    expect(idle({ strategy: 'head', ...all })).toEqual(['train.augment', 'train.stages', 'train.budgetMinutes']);
    expect(idle({ strategy: 'partial', ...all })).toEqual(['train.augment', 'train.budgetMinutes']);
    expect(idle({ strategy: 'full', ...all })).toEqual(['train.stages', 'train.budgetMinutes']);
    expect(idle({ strategy: 'scratch', ...all })).toEqual(['train.stages', 'train.budgetMinutes', 'train.weights']);
    expect(idle({ strategy: 'head' })).toEqual([]);
  });

  it('are not known before auto has chosen', () => {
    const all = { strategy: 'auto', augment: {}, stages: 2, budgetMinutes: 5 };
    expect(idle(all)).toEqual([]);
    expect(idle(all, 'head')).toEqual(['train.augment']);
    expect(idle(all, 'full')).toEqual([]);
  });
});

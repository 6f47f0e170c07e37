import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { pipelineTrainSchema, trainingSettingsSchema, type Strategy } from '@graft/contracts';
import { trainingSettings } from './training-settings.js';

const STRATEGIES = ['head', 'partial', 'full', 'scratch'] as const satisfies readonly Strategy[];
const DOCUMENT = new URL('../../../../docs/training.md', import.meta.url);

const settingsOf = (strategy: Strategy, optimizer?: 'adamw' | 'sgd') =>
  trainingSettingsSchema.parse(
    trainingSettings(
      pipelineTrainSchema.parse({ strategy, ...(optimizer === undefined ? {} : { optimizer }) }),
      strategy,
      {
        learnsFromActivations: strategy === 'head' || strategy === 'partial',
      },
    ),
  );

describe('the settings of a training', () => {
  it('are those that docs/training.md lists', () => {
    const rows = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `(\w+)`(?: \(`(adamw|sgd)`\))? +\|([^|]+\|){4}$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(11);
    for (const [line, setting = '', optimizer] of rows) {
      const listed = line
        .split('|')
        .slice(2, 6)
        .map((cell) => cell.trim());
      const actual = STRATEGIES.map((strategy) =>
        String(
          Object.entries(
            settingsOf(strategy, optimizer === 'sgd' || optimizer === 'adamw' ? optimizer : undefined),
          ).find(([name]) => name === setting)?.[1],
        ),
      );
      expect([setting, ...listed]).toEqual([setting, ...actual]);
    }
  });

  it('have random views where training sees images, and only there', () => {
    expect(STRATEGIES.map((strategy) => settingsOf(strategy).augment !== null)).toEqual([false, false, true, true]);
    const train = pipelineTrainSchema.parse({ strategy: 'full', augment: { flip: false } });
    const [images, activations] = [false, true].map((learnsFromActivations) =>
      trainingSettings(train, 'full', { learnsFromActivations }),
    );
    expect(images?.augment).toEqual({ flip: false, minCropShare: 0.35, colour: 0.1 });
    expect(activations?.augment).toBeNull();
  });
});

/** Whole networks, interrupted, in every precision and with either kind of statistics. (Without units for it bfloat16 takes its time.) */
import { describe, expect, it } from '@jest/globals';
import { network, summaryOf, trainInPieces } from '../testing/small-trainings.js';
import { fineTune } from './fine-tune.js';

const CASES = [
  ['resnet18', 'batch', 'float32', 'sgd'],
  ['resnet18', 'frozen', 'bfloat16', 'adamw'],
  ['efficientnet_lite0', 'batch', 'bfloat16', 'adamw'],
  ['efficientnet_lite0', 'frozen', 'float32', 'adamw'],
] as const;

describe('a training that is interrupted', () => {
  it.each(CASES)('ends in the same bits: %s, %s statistics, %s, %s', async (name, batchNorm, precision, optimizer) => {
    const training = network(name, { precision }, { batchNorm, optimizer, averageDecay: 0.9 }, 64);
    const undisturbed = summaryOf(await fineTune(training));
    expect(summaryOf(await trainInPieces(training, [4]))).toEqual(undisturbed);
  });
});

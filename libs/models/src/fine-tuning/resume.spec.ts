/** A training that is interrupted ends in the same bits; whole networks in every way are left to resume.soak.spec.ts. */
import { describe, expect, it } from '@jest/globals';
import { AppError, type TrainingSettings } from '@graft/contracts';
import { head, network, summaryOf, tiny, trainInPieces } from '../testing/small-trainings.js';
import { fineTune } from './fine-tune.js';

describe('a training that is interrupted', () => {
  it('ends in the same bits: a whole network', async () => {
    const training = network('efficientnet_lite0', {}, { batchNorm: 'batch', averageDecay: 0.9 });
    const undisturbed = summaryOf(await fineTune(training));
    expect(summaryOf(await trainInPieces(training, [4]))).toEqual(undisturbed);
  });

  it.each([
    ['frozen', 'float32', 'adamw'],
    ['batch', 'float32', 'sgd'],
    ['batch', 'bfloat16', 'adamw'],
  ] as const)(
    'ends in the same bits after whatever step it was: %s, %s, %s',
    async (batchNorm, precision, optimizer) => {
      const training = tiny({ precision }, { batchNorm, optimizer, averageDecay: 0.9 });
      const undisturbed = summaryOf(await fineTune(training));
      for (const stops of [[1], [2], [3], [4], [5], [1, 2, 3, 4, 5]])
        expect(summaryOf(await trainInPieces(training, stops))).toEqual(undisturbed);
    },
  );

  it('ends in the same bits: a head', async () => {
    const training = head({}, { epochs: 5, averageDecay: 0.9 });
    expect(await trainInPieces(training, [2, 11, 30])).toEqual(await fineTune(training));
  });

  it('refuses a checkpoint of another training, or one that is not whole', async () => {
    let bytes = new Uint8Array();
    const onCheckpoint = (checkpoint: { bytes: Uint8Array }): void => void (bytes = Uint8Array.from(checkpoint.bytes));
    await fineTune(head({ onCheckpoint, checkpointSeconds: 0 }, { epochs: 2 }));
    const resumed = async (resume: Uint8Array, settings: Partial<TrainingSettings>): Promise<unknown> =>
      fineTune(head({ resume }, { epochs: 2, ...settings })).catch((error: unknown) => error);
    expect(await resumed(bytes, {})).not.toBeInstanceOf(AppError);
    expect(await resumed(bytes, { learningRate: 0.02 })).toMatchObject({ code: 'checkpoint_unfit' });
    expect(await resumed(bytes.subarray(0, bytes.length - 8), {})).toMatchObject({ code: 'checkpoint_unfit' });
    expect(await resumed(Uint8Array.of(1, 2, 3), {})).toMatchObject({ code: 'checkpoint_unfit' });
  });
});

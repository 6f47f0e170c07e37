import { describe, expect, it } from '@jest/globals';
import { loadTensorFlow } from './load-tensorflow.js';

describe('TensorFlow', () => {
  it('is loaded once, computes on its native backend and tells its version', () => {
    const { tf, packageName, gpu, version } = loadTensorFlow();
    expect(tf.getBackend()).toBe('tensorflow');
    expect(version).toMatch(/^2\.\d+\.\d+$/);
    expect(packageName).toBe(gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node');
    expect(loadTensorFlow().tf).toBe(tf);
    const sum = tf.tidy(() => tf.tensor1d([1, 2]).sum().dataSync()[0]);
    expect(sum).toBe(3);
  });
});

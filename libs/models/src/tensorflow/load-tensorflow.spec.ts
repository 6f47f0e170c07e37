import { describe, expect, it } from '@jest/globals';
import { loadTensorFlow } from './load-tensorflow.js';

describe('TensorFlow', () => {
  it('is loaded once, computes on its native backend and tells its version', () => {
    const { tf, packageName, gpu, device, version } = loadTensorFlow();
    expect(tf.getBackend()).toBe('tensorflow');
    expect(version).toMatch(/^2\.\d+\.\d+$/);
    expect(device).toMatchObject({ packageName, kind: gpu ? 'gpu' : 'cpu' });
    if (gpu) expect(device.reason).toBeNull();
    else expect(device.reason).toMatch(/GPU|GRAFT_DEVICE/);
    expect(process.env['TF_FORCE_GPU_ALLOW_GROWTH']).toBe('true');
    expect(loadTensorFlow().tf).toBe(tf);
    const sum = tf.tidy(() => tf.tensor1d([1, 2]).sum().dataSync()[0]);
    expect(sum).toBe(3);
  });
});

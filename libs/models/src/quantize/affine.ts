/**
 * Eight-bit numbers for real ones: real = scale · (integer − zero point). Jacob et al. 2018, arXiv:1712.05877, in the form
 * that ONNX's QuantizeLinear has: round half to even, then saturate.
 */

/** What real numbers a tensor takes. */
export interface Range {
  readonly least: number;
  readonly greatest: number;
}

/** Unsigned, 0–255; one for a whole tensor. */
export interface ActivationScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * Bits of a quantized weight. 8 where the CPU multiplies eight-bit numbers into 32-bit sums (VNNI, AMX). Elsewhere a pair of
 * products is first added up in 16 bits, which 255 · 127 · 2 doesn't fit: with 7 bits it does.
 */
export type WeightBits = 7 | 8;

const GREATEST_ACTIVATION = 255;
/** The least positive normal float32: a scale is never 0. */
const LEAST_SCALE = 2 ** -126;
/** Room for what is added to a bias in 32 bits. */
const GREATEST_BIAS = 2 ** 30;

const greatestWeight = (bits: WeightBits): number => 2 ** (bits - 1) - 1;

/** At this size a float64 has no room for fractions: adding it rounds half to even, as IEEE 754 has it. */
const WITHOUT_FRACTIONS = 1.5 * 2 ** 52;

/** @param value within ±2⁵¹. */
export const roundHalfToEven = (value: number): number => value + WITHOUT_FRACTIONS - WITHOUT_FRACTIONS;

/** The scale for a range; 0 is always exact, as padding with zeros and ReLU need it. */
export const activationScale = ({ least, greatest }: Range): ActivationScale => {
  const [low, high] = [Math.min(least, 0), Math.max(greatest, 0)];
  const scale = Math.max(Math.fround((high - low) / GREATEST_ACTIVATION), LEAST_SCALE);
  return { scale, zeroPoint: Math.min(Math.max(roundHalfToEven(-low / scale), 0), GREATEST_ACTIVATION) };
};

export interface QuantizedWeights {
  /** Symmetric: zero point 0. */
  readonly values: Int8Array;
  /** One an output channel. */
  readonly scales: Float32Array;
  /** In units of input scale · weight scale of its channel; null: there was none. */
  readonly bias: Int32Array | null;
}

/**
 * Weights per output channel, and their bias. A channel whose bias would not fit 32 bits (all its weights are next to
 * nothing) gets a larger scale: there the bias is what counts.
 * @param weights [channels, …], row-major.
 * @param inputScale of the activations that they are multiplied with.
 */
export const quantizeWeights = (options: {
  weights: Float32Array;
  bias: Float32Array | null;
  channels: number;
  inputScale: number;
  bits: WeightBits;
}): QuantizedWeights => {
  const { weights, bias, channels, inputScale, bits } = options;
  const length = weights.length / channels;
  const limit = greatestWeight(bits);
  const scales = new Float32Array(channels);
  const values = new Int8Array(weights.length);
  for (let channel = 0; channel < channels; channel++) {
    const [from, to] = [channel * length, (channel + 1) * length];
    let largest = 0;
    // Plain loops and comparisons: VGG has 138 million weights.
    for (let at = from; at < to; at++) {
      const weight = weights[at] ?? NaN;
      if (weight > largest) largest = weight;
      else if (-weight > largest) largest = -weight;
    }
    const forBias = Math.abs(bias?.[channel] ?? 0) / (inputScale * GREATEST_BIAS);
    const scale = Math.fround(Math.max(largest / limit, forBias, LEAST_SCALE));
    scales[channel] = scale;
    for (let at = from; at < to; at++) {
      const rounded = roundHalfToEven((weights[at] ?? NaN) / scale);
      values[at] = rounded > limit ? limit : rounded < -limit ? -limit : rounded;
    }
  }
  return {
    values,
    scales,
    bias:
      bias === null
        ? null
        : Int32Array.from(bias, (each, channel) => roundHalfToEven(each / (inputScale * (scales[channel] ?? NaN)))),
  };
};

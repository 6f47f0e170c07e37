/** Optimizers as operations of the graph. Settings that change from step to step are inputs of the step. */
import type { GraphDef } from './graph-def.js';
import { plain, type Value } from './tape.js';
import type { Variable, Variables } from './variables.js';

export type OptimizerSettings =
  | {
      /** Stochastic gradient descent with momentum, as PyTorch's SGD: decay is added to the gradient. */
      readonly kind: 'sgd';
      /** Share of the last step that is kept, 0–1. */
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
  | {
      /** Loshchilov & Hutter, arXiv:1711.05101, as PyTorch's AdamW: decay is apart from the gradient. */
      readonly kind: 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly weightDecay: number;
    };

/** Scalars that the host computes for every step. */
export interface StepScalars {
  readonly learningRate: Value;
  /** AdamW: β₁ᵗ, β₂ᵗ, and ε · √(1 − β₂ᵗ), which makes TensorFlow's Adam PyTorch's. */
  readonly beta1Power: Value;
  readonly beta2Power: Value;
  readonly epsilon: Value;
}

export interface Update {
  readonly variable: Variable;
  /** What the optimizer keeps beside it (`createSlots`). */
  readonly slots: readonly Variable[];
  /** Its value before the step. */
  readonly value: Value;
  readonly gradient: Value;
  /** Share of the step's learning rate that it gets. */
  readonly rateFactor: number;
  readonly decays: boolean;
  /** Operations that must have run before anything is changed. */
  readonly after: readonly string[];
}

/** What the optimizer keeps beside a parameter, by the prefix of the slot's name. */
export const SLOTS = { sgd: ['momentum'], adamw: ['mean', 'square'] } as const;

const FLOAT = { T: { type: 'float' } } as const;

/** What the optimizer keeps beside a parameter: variables that start at zero. */
export const createSlots = (
  variables: Variables,
  settings: OptimizerSettings,
  { name, shape }: Variable,
): readonly Variable[] => SLOTS[settings.kind].map((slot) => variables.create(`${slot}/${name}`, shape));

/** Adds the operations that apply one update; gives the name of the last. */
export const applyUpdate = (options: {
  graph: GraphDef;
  settings: OptimizerSettings;
  scalars: StepScalars;
  update: Update;
}): string => {
  const { graph, settings, scalars, update } = options;
  const { variable, slots, value, gradient, rateFactor, decays } = update;
  const after = update.after.map((name) => `^${name}`);
  const scale = (x: Value, factor: Value | number): Value => {
    if (factor === 1) return x;
    const by = typeof factor === 'number' ? graph.constant('float', [factor]) : factor.tensor;
    return plain(graph, 'Mul', [x.tensor, by], x, FLOAT);
  };
  const rate = scale(scalars.learningRate, rateFactor);
  const [first, second] = slots.map(({ handle }) => handle);
  const decay = decays ? settings.weightDecay : 0;
  if (settings.kind === 'sgd') {
    const full =
      decay === 0 ? gradient : plain(graph, 'AddV2', [gradient.tensor, scale(value, decay).tensor], gradient, FLOAT);
    return graph.node(
      'ResourceApplyMomentum',
      [variable.handle, first ?? '', rate.tensor, full.tensor, graph.constant('float', [settings.momentum]), ...after],
      { ...FLOAT, use_locking: { bool: false }, use_nesterov: { bool: settings.nesterov } },
    );
  }
  // Decay first, by the value before the step.
  const decayed =
    decay === 0
      ? []
      : [
          graph.node('AssignSubVariableOp', [variable.handle, scale(value, scale(rate, decay)).tensor, ...after], {
            dtype: { type: 'float' },
          }),
        ];
  return graph.node(
    'ResourceApplyAdam',
    [
      ...[variable.handle, first ?? '', second ?? ''],
      ...[scalars.beta1Power.tensor, scalars.beta2Power.tensor, rate.tensor],
      ...[graph.constant('float', [settings.beta1]), graph.constant('float', [settings.beta2])],
      ...[scalars.epsilon.tensor, gradient.tensor],
      ...after,
      ...decayed.map((name) => `^${name}`),
    ],
    { ...FLOAT, use_locking: { bool: false }, use_nesterov: { bool: false } },
  );
};

/**
 * The gradients, all scaled down where their common norm is above `limit`, and that norm (float32 scalar).
 * @param limit null: they stay as they are.
 */
export const clipByGlobalNorm = (
  graph: GraphDef,
  gradients: readonly Value[],
  limit: number | null,
): { gradients: readonly Value[]; norm: Value } => {
  const scalar = { dtype: 'float', shape: [] } as const;
  const halves = gradients.map((each) => plain(graph, 'L2Loss', [each.tensor], scalar, FLOAT).tensor);
  const sum = plain(graph, 'AddN', halves, scalar, { ...FLOAT, N: { int: halves.length } });
  const squared = plain(graph, 'Mul', [sum.tensor, graph.constant('float', [2])], scalar, FLOAT);
  const norm = plain(graph, 'Sqrt', [squared.tensor], scalar, FLOAT);
  if (limit === null) return { gradients, norm };
  // limit / max(norm, limit): 1 where the norm is small enough. (PyTorch adds 1e-6 to the norm instead.)
  const bound = graph.constant('float', [limit]);
  const largest = plain(graph, 'Maximum', [norm.tensor, bound], scalar, FLOAT);
  const factor = plain(graph, 'RealDiv', [bound, largest.tensor], scalar, FLOAT);
  return { gradients: gradients.map((each) => plain(graph, 'Mul', [each.tensor, factor.tensor], each, FLOAT)), norm };
};

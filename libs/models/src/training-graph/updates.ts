/** One step's changes to a training's state: parameters, batch norms' statistics, averages. */
import type { BatchStatistics } from './forward.js';
import type { GraphDef } from './graph-def.js';
import { applyUpdate, clipByGlobalNorm, createSlots, type OptimizerSettings, type StepScalars } from './optimizer.js';
import { isDecayed, valueNamed, variableNamed, type Parameter, type ParameterValues } from './parameters.js';
import { plain, type Value } from './tape.js';
import type { Variable, Variables } from './variables.js';
import { parameterName } from '../graph/layers.js';

const FLOAT = { T: { type: 'float' } } as const;

/** The prefix of an average's name. */
export const AVERAGE_SLOT = 'average';

export interface UpdateOptions {
  readonly graph: GraphDef;
  readonly variables: Variables;
  readonly optimizer: OptimizerSettings;
  readonly learned: readonly Parameter[];
  /** Parameters' values before the step. */
  readonly values: ParameterValues;
  readonly scalars: StepScalars;
  readonly rateFactor: (layer: string) => number;
  readonly clipNorm: number | null;
  /** Share of a batch's statistics in those that are kept. */
  readonly statisticsMomentum: number;
  /** Weight of the past in the averages, a scalar; null: no average is kept. */
  readonly averageDecay: Value | null;
}

/** What a step's operations are made of: the same variables, whether the gradients are the batch's or summed over its parts. */
export interface Updates {
  /** Averages by the name of their parameter. */
  readonly averages: ReadonlyMap<string, Variable>;
  /**
   * Adds a step. It happens whole or not at all: nothing is changed before all gradients are there, so that a step that
   * runs out of memory on the way leaves the state as it was.
   * @param gradients in the order of what learns.
   */
  apply(
    gradients: readonly Value[],
    statistics: readonly BatchStatistics[],
  ): {
    /** Of all gradients together before clipping, a scalar. */
    readonly norm: Value;
    /** The operations that end the step. */
    readonly done: readonly string[];
  };
}

/** state += share · (value − state), when `after` has run; gives the operation's name. */
const moveTowards = (
  { graph, variables }: UpdateOptions,
  move: { variable: Variable; value: Value; share: string; after: readonly string[] },
): string => {
  const { variable, value, share, after } = move;
  const state = variables.read(variable, { after });
  const gap = plain(graph, 'Sub', [state.tensor, value.tensor], state, FLOAT);
  const step = plain(graph, 'Mul', [gap.tensor, share], state, FLOAT);
  return graph.node('AssignSubVariableOp', [variable.handle, step.tensor], { dtype: { type: 'float' } });
};

export const createUpdates = (options: UpdateOptions): Updates => {
  const { graph, variables, optimizer, learned, values, scalars, clipNorm, averageDecay } = options;
  const slots = new Map(learned.map(({ variable }) => [variable, createSlots(variables, optimizer, variable)]));
  const averages = new Map(
    averageDecay === null
      ? []
      : learned.map(({ variable }) => [
          variable.name,
          variables.create(`${AVERAGE_SLOT}/${variable.name}`, variable.shape),
        ]),
  );
  const shareOfNew =
    averageDecay === null
      ? ''
      : plain(graph, 'Sub', [graph.constant('float', [1]), averageDecay.tensor], averageDecay, FLOAT).tensor;
  return {
    averages,
    apply: (raw, statistics) => {
      const { gradients, norm } = clipByGlobalNorm(graph, raw, clipNorm);
      const applied = learned.map((parameter, at) => {
        const { variable, layer } = parameter;
        const gradient = gradients[at];
        if (gradient === undefined) throw new RangeError(`"${variable.name}" has no gradient`);
        const last = applyUpdate({
          graph,
          settings: optimizer,
          scalars,
          update: {
            variable,
            slots: slots.get(variable) ?? [],
            value: valueNamed(values, variable.name),
            gradient,
            rateFactor: options.rateFactor(layer.name),
            decays: isDecayed(parameter),
            after: [norm.tensor],
          },
        });
        return { variable, last };
      });
      const moved = statistics.flatMap(({ layer, mean, variance }) =>
        Object.entries({ mean, variance }).map(([name, value]) =>
          moveTowards(options, {
            variable: variableNamed(variables, parameterName(layer, name)),
            value,
            share: graph.constant('float', [options.statisticsMomentum]),
            after: [norm.tensor],
          }),
        ),
      );
      const averaged = applied.flatMap(({ variable, last }) => {
        const average = averages.get(variable.name);
        if (average === undefined) return [];
        const value = variables.read(variable, { after: [last] });
        return [moveTowards(options, { variable: average, value, share: shareOfNew, after: [last] })];
      });
      return { norm, done: [...applied.map(({ last }) => last), ...moved, ...averaged] };
    },
  };
};

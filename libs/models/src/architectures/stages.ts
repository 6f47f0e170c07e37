/** A network's stages: what is frozen, and what learns at which rate, is said in them. */
import { AppError } from '@graft/contracts';
import { inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import type { Graph } from '../graph/layers.js';
import type { Architecture } from './architecture.js';

export interface Stage {
  /** The freeze point it ends with; the classifier's own name for the last stage. */
  readonly end: string;
  /** Layers with parameters, in order. */
  readonly layers: readonly string[];
}

/**
 * The stages of a whole network from the input on, each between two freeze points; the last is the classifier. Stretches
 * without parameters (a pooling) are no stages.
 */
export const stagesOf = (architecture: Architecture, graph: Graph): readonly Stage[] => {
  const shapes = inferShapes(graph);
  const ends = new Set([...architecture.freezePoints, architecture.classifier]);
  const stages: Stage[] = [];
  let layers: string[] = [];
  for (const layer of graph.layers) {
    if (parameterShapes(layer, shapes).length > 0) layers.push(layer.name);
    if (!ends.has(layer.name)) continue;
    if (layers.length > 0) stages.push({ end: layer.name, layers });
    layers = [];
  }
  return stages;
};

/**
 * The layer after which `count` stages and the classifier remain: where a network is cut when they alone learn.
 * `count` 0 is the architecture's own cut.
 * @throws AppError `invalid_request` when the network has no stage left to freeze.
 */
export const cutBefore = (architecture: Architecture, graph: Graph, count: number): string => {
  if (count === 0) return architecture.cut;
  const backbone = stagesOf(architecture, graph).slice(0, -1);
  const last = backbone[backbone.length - 1 - count];
  if (last !== undefined) return last.end;
  throw new AppError(
    'invalid_request',
    `${architecture.name} has ${backbone.length} stages, of which at most ${backbone.length - 1} can learn on cached activations; ` +
      `got train.stages ${count}: choose fewer, or the strategy \`full\``,
    { details: { stages: backbone.length, asked: count } },
  );
};

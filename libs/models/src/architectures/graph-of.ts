/** An architecture's graph for an input that somebody asked for. */
import { AppError } from '@graft/contracts';
import { inferShapes } from '../graph/infer-shapes.js';
import type { Graph } from '../graph/layers.js';
import type { Architecture } from './architecture.js';

/** Height and width of an input, pixels. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/**
 * The architecture's graph for an input.
 * @throws AppError `invalid_request` when the input is too small for it.
 */
export const graphOf = (architecture: Architecture, { height, width }: InputSize, classes: number): Graph => {
  const graph = architecture.graph({ height, width, classes });
  try {
    inferShapes(graph);
  } catch (error) {
    throw new AppError(
      'invalid_request',
      `${architecture.name} can't take images of ${height}×${width} pixels; it was published for ${architecture.inputSize}`,
      { cause: error, details: { architecture: architecture.name, height, width } },
    );
  }
  return graph;
};

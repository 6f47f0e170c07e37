/** The names in an ONNX model that Graft wrote: a folded convolution has its batch norm's name, a joined head is `head`. */
import type { Graph } from '../graph/layers.js';
import type { CheckpointNaming } from './checkpoint-naming.js';

/** The joined head's name in a served model. */
export const HEAD = 'head';

/** @param classifier the architecture's last layer, for which a joined head stands. */
export const ownNaming = (graph: Graph, classifier: string): CheckpointNaming => {
  const normAfter = new Map(
    graph.layers.flatMap((layer) => (layer.kind === 'batchNorm' ? [[layer.inputs[0] ?? '', layer.name]] : [])),
  );
  const nameOf = (layer: string): string => (layer === classifier ? HEAD : (normAfter.get(layer) ?? layer));
  return {
    name: 'graft',
    place: (layer, parameter, shape) => ({ key: `${nameOf(layer)}.${parameter}`, shape }),
    mayIgnore: () => false,
  };
};

import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { cutBefore } from '../architectures/stages.js';
import { inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import { parameterName, type Graph } from '../graph/layers.js';
import { untrainedCheckpoint } from '../network/untrained-checkpoint.js';
import { startWeights, trainedNetwork } from './trained-network.js';

const CLASSES = 3;
const architecture = findArchitecture('mobilenet_v3_small');
const whole = architecture.graph({ height: 64, width: 64, classes: CLASSES });
const { classifier } = architecture;
const planned = { backbone: 'mobilenet_v3_small', inputSize: 64, pruning: null };
const head = { ...planned, strategy: 'head', cut: architecture.cut, learnsFromActivations: true } as const;
const partial = { ...head, strategy: 'partial', cut: cutBefore(architecture, whole, 1) } as const;
const full = { ...head, strategy: 'full', learnsFromActivations: false } as const;

const parametersOf = (graph: Graph): string[] => {
  const shapes = inferShapes(graph);
  return graph.layers.flatMap((layer) =>
    parameterShapes(layer, shapes).map(([parameter]) => parameterName(layer.name, parameter)),
  );
};

/** Layers with parameters. */
const partsOf = (graph: Graph): string[] => {
  const shapes = inferShapes(graph);
  return graph.layers.filter((layer) => parameterShapes(layer, shapes).length > 0).map(({ name }) => name);
};

describe('the part of a network that is trained', () => {
  it('is the classifier alone, the last stages too, or all of it', () => {
    const [least, some, all] = [head, partial, full].map((plan) => trainedNetwork(plan, CLASSES));
    expect(least?.graph.layers.map(({ name }) => name)).toEqual([classifier]);
    expect(least?.stages).toEqual([[classifier]]);
    const learning = partsOf(some?.graph ?? whole);
    expect(some?.stages).toHaveLength(2);
    expect(some?.stages.flat()).toEqual(learning);
    expect(learning.length).toBeLessThan(partsOf(whole).length);
    expect(all?.graph).toEqual(whole);
    expect(all?.stages.flat()).toEqual(partsOf(whole));
  });

  it('may run whole and learn in part', () => {
    const { graph, stages } = trainedNetwork({ ...partial, learnsFromActivations: false }, CLASSES);
    expect(graph).toEqual(whole);
    expect(stages).toEqual(trainedNetwork(partial, CLASSES).stages);
  });

  it('starts from what was learned before, with a classifier drawn by the seed', () => {
    const checkpoint = untrainedCheckpoint(architecture, { classes: 1000, seed: 5 });
    for (const plan of [head, partial, full]) {
      const network = trainedNetwork(plan, CLASSES);
      const start = (seed: number) => startWeights({ network, plan, classes: CLASSES, checkpoint, seed });
      const [weights, others] = [start(1), start(2)];
      expect([...weights.keys()].sort()).toEqual(parametersOf(network.graph).sort());
      expect(weights.get(`${classifier}.bias`)).toHaveLength(CLASSES);
      expect(weights.get(`${classifier}.weight`)).not.toEqual(others.get(`${classifier}.weight`));
      const [lastOfBackbone] = partsOf(network.graph).slice(-2);
      if (plan !== head) {
        const learned = checkpoint.get(`${lastOfBackbone}.weight`)?.data;
        expect(learned).toBeDefined();
        expect(weights.get(`${lastOfBackbone}.weight`)).toEqual(learned);
      }
    }
  });

  it('starts from the seed alone where nothing was learned before', () => {
    const network = trainedNetwork(full, CLASSES);
    const start = (seed: number) => startWeights({ network, plan: full, classes: CLASSES, checkpoint: null, seed });
    const [first] = partsOf(whole);
    expect(start(1)).toEqual(start(1));
    expect(start(1).get(`${first}.weight`)).not.toEqual(start(2).get(`${first}.weight`));
    expect([...start(1).keys()]).toEqual(parametersOf(whole));
  });
});

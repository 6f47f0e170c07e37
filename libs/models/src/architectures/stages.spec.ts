import { describe, expect, it } from '@jest/globals';
import { graphAfter } from '../graph/cut-graph.js';
import { findArchitecture } from './find-architecture.js';
import { cutBefore, stagesOf } from './stages.js';

const wholeOf = (name: string) => {
  const architecture = findArchitecture(name);
  const { inputSize } = architecture;
  return { architecture, graph: architecture.graph({ height: inputSize, width: inputSize, classes: 3 }) };
};

describe('stages', () => {
  it('of a ResNet are its stem, its four stages and the classifier', () => {
    const { architecture, graph } = wholeOf('resnet18');
    const stages = stagesOf(architecture, graph);
    expect(stages.map(({ end }) => end)).toEqual([
      'maxpool',
      'layer1.1.relu',
      'layer2.1.relu',
      'layer3.1.relu',
      'layer4.1.relu',
      'fc',
    ]);
    expect(stages[0]?.layers).toEqual(['conv1', 'bn1']);
    expect(stages.at(-1)?.layers).toEqual(['fc']);
  });

  it.each(['resnet50', 'vgg16', 'efficientnet_lite0', 'efficientnet_b0', 'mobilenet_v2', 'mobilenet_v3_small'])(
    'of %s have every layer with parameters once, in order, and each can be a cut',
    (name) => {
      const { architecture, graph } = wholeOf(name);
      const stages = stagesOf(architecture, graph);
      const layers = stages.flatMap((stage) => stage.layers);
      expect(new Set(layers).size).toBe(layers.length);
      const kinds = new Set(['conv', 'batchNorm', 'dense']);
      expect(layers).toEqual(graph.layers.filter(({ kind }) => kinds.has(kind)).map((layer) => layer.name));
      for (let count = 0; count < stages.length - 1; count += 1) {
        const tail = graphAfter(graph, cutBefore(architecture, graph, count));
        const learning = tail.layers.filter(({ kind }) => kinds.has(kind)).map((layer) => layer.name);
        expect(learning).toEqual(stages.slice(stages.length - 1 - count).flatMap((stage) => stage.layers));
      }
    },
  );

  it('that would leave nothing frozen are refused, with what there is', () => {
    const { architecture, graph } = wholeOf('resnet18');
    expect(() => cutBefore(architecture, graph, 5)).toThrow('resnet18 has 5 stages, of which at most 4');
  });
});

/** What is published about a network, against its graph: sizes, and cuts that fit together. No weights are needed. */
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '../architectures/architecture.js';
import { countMacs, countParameters } from '../graph/count.js';
import { graphAfter, graphUpTo } from '../graph/cut-graph.js';
import { inferShapes, shapeOf, type Shape } from '../graph/infer-shapes.js';
import type { Graph } from '../graph/layers.js';
import { expectedTensors } from '../naming/expected-tensors.js';

export interface PublishedNetwork {
  readonly name: string;
  /** Learned ones, for 1000 classes. */
  readonly parameters: number;
  /** 10⁹ multiply-accumulates at the published input size. */
  readonly gigaMacs: number;
  readonly featureLength: number;
}

/** For 1000 classes; default: at the published input size. */
export const wholeGraph = (
  { graph, inputSize }: Architecture,
  { height, width } = { height: inputSize, width: inputSize },
): Graph => graph({ height, width, classes: 1000 });

/** Keys and shapes by a naming's name. */
export const tensorsIn = (architecture: Architecture, name: string): ReadonlyMap<string, Shape> => {
  const naming = architecture.namings.find((each) => each.name === name);
  if (naming === undefined) throw new RangeError(`${architecture.name} has no naming "${name}"`);
  const places = expectedTensors(wholeGraph(architecture), naming).map(({ place }) => place);
  return new Map(places.map(({ key, shape }) => [key, shape]));
};

const expectCut = (architecture: Architecture, whole: Graph, cut: string): void => {
  const [head, tail] = [graphUpTo(whole, cut), graphAfter(whole, cut)];
  expect(shapeOf(inferShapes(head), cut)).toEqual(tail.inputShape);
  expect(shapeOf(inferShapes(tail), architecture.classifier)).toEqual([1000]);
  expect([...head.layers, ...tail.layers].map(({ name }) => name).sort()).toEqual(
    whole.layers.map(({ name }) => name).sort(),
  );
  expect(countParameters(head) + countParameters(tail)).toBe(countParameters(whole));
};

/** One test a network. */
export const describePublished = (
  architectures: readonly Architecture[],
  published: readonly PublishedNetwork[],
): void => {
  it('has every member', () => {
    expect(architectures.map(({ name }) => name)).toEqual(published.map(({ name }) => name));
  });

  describe.each(published)('$name', ({ name, parameters, gigaMacs, featureLength }) => {
    const found = (): Architecture => {
      const architecture = architectures.find((each) => each.name === name);
      if (architecture === undefined) throw new RangeError(`there is no ${name}`);
      return architecture;
    };

    it('has the published sizes', () => {
      const whole = wholeGraph(found());
      expect(countParameters(whole)).toBe(parameters);
      expect(Math.abs(countMacs(whole) / (gigaMacs * 1e9) - 1)).toBeLessThan(0.01);
      expect(shapeOf(inferShapes(whole), found().cut)).toEqual([featureLength]);
    });

    it('comes apart at each freeze point, for a rectangle of odd sides too', () => {
      const { freezePoints, cut } = found();
      expect(freezePoints.at(-1)).toBe(cut);
      expect(new Set(freezePoints).size).toBe(freezePoints.length);
      for (const size of [undefined, { height: 97, width: 161 }])
        for (const point of freezePoints) expectCut(found(), wholeGraph(found(), size), point);
    });
  });
};

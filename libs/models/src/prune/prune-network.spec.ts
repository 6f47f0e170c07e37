import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import { countMacs } from '../graph/count.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import { readTrainedWeights, writeTrainedWeights } from '../network/trained-weights.js';
import { magnitudeImportance } from './magnitude-importance.js';
import { narrowGraph } from './narrow-graph.js';
import { pruneNetwork } from './prune-network.js';
import { liven } from './pruning-properties.js';

const architecture = findArchitecture('mobilenet_v3_small');
const graphOf = (side: number): Graph => architecture.graph({ height: side, width: side, classes: 5 });
const graph = graphOf(96);
const weights = liven(initializeWeights(graph, 1));

describe('a pruned network', () => {
  const pruned = pruneNetwork({ graph, weights, macsShare: 0.6 });

  it('has the share of multiply-adds that it says, and not more than was asked for', () => {
    expect(pruned.macsShare).toBeLessThanOrEqual(0.6);
    expect(pruned.macsShare).toBeGreaterThan(0.59);
    expect(countMacs(pruned.graph) / countMacs(graph)).toBe(pruned.macsShare);
  });

  it('is made again of its architecture, its channels as JSON, and its weights as a file', () => {
    const json: unknown = JSON.parse(JSON.stringify(Object.fromEntries(pruned.channels)));
    const channels = new Map(Object.entries(json as Record<string, number>));
    expect(narrowGraph(graphOf(96), channels)).toEqual(pruned.graph);
    const { tensors } = readSafetensors(writeTrainedWeights({ ...pruned, metadata: {} }));
    const read = readTrainedWeights({ network: 'pruned', graph: narrowGraph(graphOf(64), channels), tensors });
    expect([...read.keys()].sort()).toEqual([...pruned.weights.keys()].sort());
    for (const [name, values] of pruned.weights) expect(read.get(name)?.length).toBe(values.length);
  });

  it('is the same whenever it is pruned, and another by other scores', () => {
    const again = pruneNetwork({ graph, weights, macsShare: 0.6 });
    expect([...again.channels]).toEqual([...pruned.channels]);
    for (const [name, values] of pruned.weights)
      expect(Buffer.compare(bytesOf(values), bytesOf(again.weights.get(name)))).toBe(0);
    const other = pruneNetwork({ graph, weights, macsShare: 0.6, scores: magnitudeImportance({ graph, weights }) });
    expect([...other.channels]).not.toEqual([...pruned.channels]);
  });

  it('can be pruned further', () => {
    const further = pruneNetwork({ ...pruned, macsShare: 0.8 });
    expect(countMacs(further.graph)).toBeLessThanOrEqual(0.8 * countMacs(pruned.graph));
    const channels = new Map([...pruned.channels, ...further.channels]);
    expect(narrowGraph(graph, channels)).toEqual(further.graph);
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array = new Float32Array()): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

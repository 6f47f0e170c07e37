/** What an architecture must bring; each family is a folder beside this file. */
import type { Graph } from '../graph/layers.js';
import type { CheckpointNaming } from '../naming/checkpoint-naming.js';

export interface GraphOptions {
  /** Of the input, pixels. */
  readonly height: number;
  readonly width: number;
  /** Units of the classifier. */
  readonly classes: number;
}

export interface Architecture {
  /** As torchvision (or, where it has none, timm) names it. */
  readonly name: string;
  /** The folder it comes from. */
  readonly family: string;
  /** The paper that describes it. */
  readonly paper: string;
  /** Height and width it was published for, pixels. */
  readonly inputSize: number;
  /** The layer whose output is the feature vector: where frozen ends when only a head is trained. */
  readonly cut: string;
  /** The last layer, its original classifier. */
  readonly classifier: string;
  /**
   * Layers at which the network can be cut in two (everything later needs only their output), from the input on: the stem,
   * each stage, and last `cut`.
   */
  readonly freezePoints: readonly string[];
  /** The whole network with a classifier. */
  graph(options: GraphOptions): Graph;
  /** How libraries name its parameters; the first is the one that weights are written in. */
  readonly namings: readonly CheckpointNaming[];
}

/** What an architecture must bring; each family is a folder beside this file. */
import type { Graph } from '../graph/layers.js';
import type { CheckpointNames } from '../graph/weights.js';

export interface Architecture {
  /** As timm or torchvision name it. */
  readonly name: string;
  /** Height and width it was published for, pixels. */
  readonly inputSize: number;
  /** The layer whose output is the feature vector: where frozen ends when only a head is trained. */
  readonly cut: string;
  /** The last layer, its original classifier. */
  readonly classifier: string;
  /** The whole network with its original classifier. */
  graph(options: { inputSize: number; classes: number }): Graph;
  /** How its reference implementation names the parameters. */
  readonly checkpointNames: CheckpointNames;
}

/** What is known of a network, and of a pre-trained one: the record that timm calls a pretrained config. */
import type { Preprocessing } from '@graft/contracts';

/** An architecture as it is usually used, with or without weights. */
export interface NetworkDescription {
  /** `architecture.tag` of a backbone, else the architecture's. */
  readonly name: string;
  readonly architecture: string;
  readonly preprocessing: Preprocessing;
  /** Height and width of the input, pixels. */
  readonly inputSize: number;
  /** The layer whose output is the feature vector. */
  readonly cut: string;
  readonly featureLength: number;
  /** Classes of its original classifier. */
  readonly classes: number;
  /** The paper that describes it. */
  readonly paper: string;
  /** Learned parameters, classifier included; computed from the graph. */
  readonly parameters: number;
  /** Multiply-accumulates of one image, classifier included; computed from the graph. */
  readonly macs: number;
}

/** A pre-trained network. */
export interface Backbone extends NetworkDescription {
  /** Which training the weights come from. */
  readonly tag: string;
  /** Where the weights come from: a reference for `resolveWeights`. */
  readonly weights: string;
  /**
   * sha256 of the checkpoint file, or as many of its first digits as the origin publishes (at least 8). null: the origin
   * publishes none; whoever resolves them learns the digest, and what is made of them says it.
   */
  readonly weightsDigest: string | null;
  /** SPDX, of the weights. */
  readonly licence: string;
  /** The implementation whose numbers it must reproduce. */
  readonly origin: string;
  /** Share of ImageNet validation images whose first guess is right, as published. */
  readonly top1: number;
}

export const isBackbone = (network: NetworkDescription): network is Backbone => 'weights' in network;

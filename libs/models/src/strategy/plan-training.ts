/** Decides what a run trains and how, says why, and refuses what is known to go wrong. Pure: what it needs was counted or measured. */
import { AppError, type Strategy, type TrainingPlan, type TrainingSettings } from '@graft/contracts';
import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import type { NetworkDescription } from '../catalog/backbone.js';
import { chooseStrategy } from './choose-strategy.js';
import { countImages, formatCount, formatPercent, type DatasetSummary } from './dataset-summary.js';
import { estimateMinutes } from './estimate-minutes.js';
import type { Evidence } from './evidence.js';
import { objectionsTo, type Objection } from './guard-rails.js';
import { defaultStages, mostStages, trainedPart, type TrainedPart } from './trained-part.js';
import { trainingSettings, type Train } from './training-settings.js';

export interface PlanRequest {
  readonly network: NetworkDescription;
  readonly train: Train;
  readonly dataset: DatasetSummary;
  /** For `auto`; null where nothing was measured. */
  readonly evidence: Evidence | null;
}

/** One way to train, with all that follows from it. */
interface Proposal {
  readonly strategy: Strategy;
  readonly part: TrainedPart;
  readonly settings: TrainingSettings;
  readonly objections: readonly Objection[];
}

interface Depth {
  readonly strategy: Strategy;
  /** Stages of `partial` beyond the network's default. */
  readonly moreStages: number;
}

const createProposer = ({ network, train, dataset }: PlanRequest) => {
  const architecture = findArchitecture(network.architecture);
  const inputSize = train.inputSize ?? network.inputSize;
  const graph = graphOf(architecture, { height: inputSize, width: inputSize }, dataset.labels.length);
  return ({ strategy, moreStages }: Depth): Proposal => {
    const usual = Math.min(
      defaultStages(architecture, graph) + moreStages,
      Math.max(mostStages(architecture, graph), 1),
    );
    const part = trainedPart(architecture, graph, { strategy, stages: train.stages ?? usual });
    const settings = trainingSettings(train, strategy, part);
    const objections = objectionsTo({ architecture: network.architecture, strategy, part, settings, dataset, train });
    return { strategy, part, settings, objections };
  };
};

const refusalsOf = ({ objections }: Proposal): readonly Objection[] =>
  objections.filter(({ severity }) => severity === 'refuses');

/** @throws AppError `refused` that says each reason and its way out. */
const refuseIfNeeded = (proposal: Proposal, { dataset }: PlanRequest): void => {
  const refusals = refusalsOf(proposal);
  if (refusals.length === 0) return;
  const rails = refusals.flatMap(({ rail }) => rail ?? []);
  throw new AppError(
    'refused',
    `dataset "${dataset.name}" can't bear train.strategy \`${proposal.strategy}\`: ${refusals.map(({ message }) => message).join('; ')}` +
      ` — or go on all the same with train.allow: [${rails.join(', ')}]`,
    { details: { dataset: dataset.name, strategy: proposal.strategy, guardRails: rails } },
  );
};

const LESS: Readonly<Record<Strategy, Strategy | null>> = {
  scratch: 'full',
  full: 'partial',
  partial: 'head',
  head: null,
};

/** What a budget or a guard rail steps down to; null below the least that can be trained. */
const lessThan = ({ strategy, moreStages }: Depth): Depth | null => {
  if (strategy === 'partial' && moreStages > 0) return { strategy, moreStages: moreStages - 1 };
  const less = LESS[strategy];
  return less === null ? null : { strategy: less, moreStages: 0 };
};

/** Minutes that a proposal may be expected to take; null where the machine's speed is unknown. */
const minutesOf = ({ strategy, part, settings }: Proposal, { dataset, evidence }: PlanRequest): number | null =>
  evidence === null || evidence.imagesPerSecond === null
    ? null
    : estimateMinutes({
        strategy,
        epochs: settings.epochs,
        images: dataset.images,
        trainImages: countImages(dataset).train,
        costShare: part.costShare,
        imagesPerSecond: evidence.imagesPerSecond,
      });

const formatMinutes = (minutes: number): string =>
  minutes < 1 ? 'less than a minute' : `${minutes < 10 ? minutes.toFixed(1) : formatCount(minutes)} minutes`;

/** Why a proposal of `auto` can't be had, or null. */
const obstacleTo = (proposal: Proposal, request: PlanRequest): string | null => {
  const [refusal] = refusalsOf(proposal);
  if (refusal !== undefined) return refusal.message;
  const { budgetMinutes } = request.train;
  const minutes = minutesOf(proposal, request);
  if (budgetMinutes === undefined || minutes === null || minutes <= budgetMinutes) return null;
  return (
    `it would take about ${formatMinutes(minutes)} here (${request.evidence?.imagesPerSecond?.toFixed(0) ?? ''} images a second forward), ` +
    `train.budgetMinutes is ${budgetMinutes}`
  );
};

/** The chart's choice, or the next smaller one that guard rails and budget let pass. */
const decideAutomatically = (request: PlanRequest): { proposal: Proposal; reasons: string[] } => {
  const propose = createProposer(request);
  const { reasons: chart, ...chosen } = chooseStrategy(request.dataset, request.evidence);
  const reasons = [...chart];
  let depth: Depth = chosen;
  let proposal = propose(depth);
  for (;;) {
    const obstacle = obstacleTo(proposal, request);
    if (obstacle === null) break;
    const less = lessThan(depth);
    if (less === null) {
      reasons.push(`${depth.strategy} is the least that can be trained, although ${obstacle}`);
      break;
    }
    const instead = less.strategy === depth.strategy ? 'a stage less' : less.strategy;
    reasons.push(`not ${depth.strategy}, but ${instead}: ${obstacle}`);
    depth = less;
    proposal = propose(depth);
  }
  const { budgetMinutes } = request.train;
  const minutes = minutesOf(proposal, request);
  if (budgetMinutes !== undefined && minutes === null)
    reasons.push(
      `train.budgetMinutes ${budgetMinutes} could not be held against anything: this machine's speed was not measured`,
    );
  else if (budgetMinutes !== undefined && minutes !== null && minutes <= budgetMinutes)
    reasons.push(`it may take about ${formatMinutes(minutes)} here, within the budget of ${budgetMinutes}`);
  return { proposal, reasons };
};

const formatShare = (share: number): string => (share < 0.01 ? 'less than 1%' : formatPercent(share));

const describePart = ({ strategy, part }: Proposal): string => {
  const { trainedParameters, frozenParameters, cut } = part;
  const all = trainedParameters + frozenParameters;
  const count = `${formatCount(trainedParameters)} of ${formatCount(all)} parameters (${formatShare(trainedParameters / all)})`;
  if (part.learnsFromActivations)
    return `${strategy} trains ${count}: all that comes after "${cut}", whose output is computed once for an image`;
  return strategy === 'scratch'
    ? `scratch trains ${count}, from random weights`
    : `full trains ${count}, from pre-trained weights`;
};

/**
 * The plan of a training: strategy, cut, every setting, reasons and warnings.
 * @throws AppError `refused` where a guard rail that the pipeline doesn't allow says no, `invalid_request` for an input too
 * small or more stages than the network has.
 */
export const planTraining = (request: PlanRequest): TrainingPlan => {
  const { network, train } = request;
  const { proposal, reasons } =
    train.strategy === 'auto'
      ? decideAutomatically(request)
      : {
          proposal: createProposer(request)({ strategy: train.strategy, moreStages: 0 }),
          reasons: [`the pipeline asks for ${train.strategy}`],
        };
  refuseIfNeeded(proposal, request);
  const { strategy, part, settings, objections } = proposal;
  return {
    schemaVersion: 'training-plan.v1',
    backbone: network.name,
    weights: train.weights ?? null,
    inputSize: train.inputSize ?? network.inputSize,
    strategy,
    embedder: train.embedder,
    pruning: null,
    cut: part.cut,
    learnsFromActivations: part.learnsFromActivations,
    trainedParameters: part.trainedParameters,
    frozenParameters: part.frozenParameters,
    settings,
    reasons: [...reasons, describePart(proposal)],
    warnings: objections.map(({ message }) => message),
  };
};

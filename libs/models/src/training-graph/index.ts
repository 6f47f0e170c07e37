/** A network's whole training as one TensorFlow graph. A subpath of its own (`@graft/models/training-graph`). */
export { compileTraining } from './compile-training.js';
export type { TrainingGraph, TrainingGraphOptions } from './compile-training.js';
export { initializeWeights } from '../graph/initialize-weights.js';
export { initialState, weightsOfState } from './initial-state.js';
export { openTrainingSession } from './training-session.js';
export type { Numbers, StepResult, TrainingSession } from './training-session.js';
export type { OptimizerSettings } from './optimizer.js';

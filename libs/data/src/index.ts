/** Datasets: what landed, what is sound, which split it belongs to, and how versions are kept and compared. */
export { parseLandingKey, parseLandingObject } from './landing-key.js';
export type { LandingKey, LandingPlace } from './landing-key.js';
export { inspectImage, DEFAULT_IMAGE_LIMITS } from './inspect-image.js';
export type { ImageFacts, ImageLimits } from './inspect-image.js';
export { toQuarantineEntry } from './image-unfit.js';
export { chooseSplit } from './splits.js';
export type { SplitShares } from './splits.js';
export { mergeLanding } from './merge-landing.js';
export type { MergedLanding } from './merge-landing.js';
export { writeDatasetVersion, readDatasetVersion } from './dataset-version.js';
export { readLandingLog, extendLandingLog, isUnseen } from './landing-log.js';
export type { LandingLog, SeenObject } from './landing-log.js';
export { checkTrainable } from './check-trainable.js';
export { diffVersions } from './diff-versions.js';
export type { VersionDiff } from './diff-versions.js';
export { measureDrift } from './drift/measure-drift.js';
export type { DriftOptions } from './drift/measure-drift.js';

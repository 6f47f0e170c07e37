/** Datasets: what landed, what is sound, which split it belongs to, and how versions are kept and compared. */
export {
  DEFAULT_SOURCE,
  isArchiveKey,
  parseBatchKey,
  parseLandingKey,
  parseLandingObject,
  toLandingObject,
} from './landing-key.js';
export type { BatchKey, LandingKey, LandingPlace } from './landing-key.js';
export { createByteBudget } from './inspect/byte-budget.js';
export type { ByteBudget } from './inspect/byte-budget.js';
export { inspectImage, DEFAULT_IMAGE_LIMITS } from './inspect/inspect-image.js';
export type { ImageFacts, ImageLimits } from './inspect/inspect-image.js';
export { describePicture } from './inspect/describe-picture.js';
export type { DescribePicture, PictureFacts, PictureRequest } from './inspect/describe-picture.js';
export { makeThumbnail, THUMBNAIL_MEDIA_TYPE } from './inspect/thumbnail.js';
export { toQuarantineEntry } from './inspect/unfit-entry.js';
export { countFixedSplits } from './splits/fixed-splits.js';
export type { FixedSplitCounts } from './splits/fixed-splits.js';
export { chooseSplit } from './splits/splits.js';
export type { SplitShares } from './splits/splits.js';
export { mergeInSteps, mergeLanding } from './merge/merge-landing.js';
export type { MergedLanding } from './merge/merge-landing.js';
export { applyCorrections } from './corrections/apply-corrections.js';
export type { AppliedCorrections, Unmatched } from './corrections/apply-corrections.js';
export { readTakenOut, takeInCorrections } from './corrections/take-in-corrections.js';
export type { CorrectionSources } from './corrections/take-in-corrections.js';
export { readCorrectionFile } from './corrections/read-correction-file.js';
export { splitActions } from './corrections/split-actions.js';
export { writeDatasetVersion, readDatasetVersion, holdTheSame } from './versions/dataset-version.js';
export { readLandingLog, extendLandingLog, isUnseen } from './versions/landing-log.js';
export type { LandingLog, SeenObject } from './versions/landing-log.js';
export { describeImages } from './card/describe-images.js';
export { makeContactSheet, MAX_SHEET_LABELS } from './card/contact-sheet.js';
export { checkLeakage } from './versions/check-leakage.js';
export { checkTrainable } from './versions/check-trainable.js';
export { diffLabels, diffVersions } from './versions/diff-versions.js';
export type { ChangedImage, VersionDiff } from './versions/diff-versions.js';
export { diffByLabel } from './versions/diff-by-label.js';
export { compareVersions, listChangedImages } from './versions/compare-versions.js';
export { listImages } from './versions/list-images.js';
export type { ImageFilter } from './versions/list-images.js';
export { joinLeftOut, readQuarantine } from './versions/left-out.js';
export type { LeftOut } from './versions/left-out.js';
export { measureDrift, measureManifestDrift } from './drift/measure-drift.js';
export type { DriftOptions } from './drift/measure-drift.js';
export type { Source, SourceEntry, SourceFile, SourceLimits, SourceRefusal } from './sources/source.js';
export { createFolderSource } from './sources/folder-source.js';
export { createObjectSource } from './sources/object-source.js';
export type { ObjectReader } from './sources/object-source.js';
export { isArchiveName, isIgnored, parseEntryPath } from './sources/entry-path.js';
export { findUnmatchedName, parseGroupPattern } from './sources/group-pattern.js';
export { bringsTrainAlone } from './sources/train-alone.js';
export { openArchive } from './sources/open-archive.js';
export { MANIFEST_NAMES, MAX_MANIFEST_BYTES, parseManifestFile } from './sources/manifest-file.js';
export type { ManifestFile, ManifestRow } from './sources/manifest-file.js';
export { surveySource } from './sources/survey-source.js';
export type { SourceSurvey } from './sources/survey-source.js';
export { placeEntries } from './sources/place-entries.js';
export type { FilePlace, PlacedEntry, PlacedFile, PlaceOptions } from './sources/place-entries.js';
export { landEntries, landSource } from './sources/land-source.js';
export type { LandedSource, LandingImage, LandingProgress, LandingTarget } from './sources/land-source.js';
export { createRandom } from './random.js';
export type { Random } from './random.js';

/** What is kept of datasets, to be looked at: nothing here decodes an image. */
export { describeImages } from '../card/describe-images.js';
export { compareVersions, listChangedImages } from './compare-versions.js';
export { readDatasetVersion, writeDatasetVersion } from './dataset-version.js';
export { joinLeftOut, readQuarantine } from './left-out.js';
export { listImages } from './list-images.js';
export type { ImageFilter } from './list-images.js';

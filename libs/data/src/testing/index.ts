/** Archives and images for the specs of who takes them in. */
export { makeTar } from '../spec-support/tar.js';
export type { TarMember } from '../spec-support/tar.js';
export { makeZip } from '../spec-support/zip.js';
export type { ZipMember } from '../spec-support/zip.js';
export { heavyImages, hostileImages } from './hostile-images.js';
export type { HostileImage } from './hostile-images.js';

/** How a stranger's image file is opened: told by its first bytes, turned upright, carried over to sRGB. */
export { withProfile } from './embedded-profile.js';
export { ACCEPTED_FORMATS, detectFormat } from './image-format.js';
export type { AcceptedFormat, ImageFormat } from './image-format.js';
export { CHANNELS, openImage, toRgb } from './open-image.js';
export type { OpenLimits, RgbPixels } from './open-image.js';

/**
 * Which decoders an image may reach: only JPEG, PNG and WebP, told by their first bytes. libvips knows many more formats,
 * some of which (SVG, PDF) can read other files or take very long.
 */

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff] as const;

const startsWith = (bytes: Uint8Array, signature: readonly number[], offset = 0): boolean =>
  signature.every((byte, index) => bytes[offset + index] === byte);

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** Whether the bytes begin as a JPEG, PNG or WebP does. */
export const isAcceptedFormat = (bytes: Uint8Array): boolean =>
  startsWith(bytes, JPEG_SIGNATURE) ||
  startsWith(bytes, PNG_SIGNATURE) ||
  (startsWith(bytes, ascii('RIFF')) && startsWith(bytes, ascii('WEBP'), 8));

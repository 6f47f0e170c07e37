/**
 * Whether all that stands before a JPEG's picture data is as its specification has it: then whatever a decoder warns of is in the
 * picture data, and damage. Cameras and programs write odd headers around sound pictures, which decoders warn of by the same means.
 * Formats: ITU-T T.81 annex B, JFIF 1.02, T.872 (Adobe's APP14). What counts as odd is what libjpeg warns of (jdmarker.c, jdapimin.c).
 */

const MARKER = 0xff;
const [SOI, EOI, SOS, APP0, APP14] = [0xd8, 0xd9, 0xda, 0xe0, 0xee];
/** Markers without a length: TEM, and restarts. */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
/** SOF0 to SOF15; DHT, JPG and DAC lie between them. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isSequential = (marker: number): boolean => marker === 0xc0 || marker === 0xc1;

const startsWith = (body: Uint8Array, text: string): boolean =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, text.length)).toString('latin1') === text;

/** A sequential picture's scan names all coefficients, at once. */
const isWholeScan = (body: Uint8Array): boolean => {
  const [first, last, approximation] = body.subarray(1 + 2 * (body[0] ?? 0));
  return first === 0 && last === 63 && approximation === 0;
};

/**
 * False for a header with bytes between its segments, of a JFIF that nobody has specified, with a colour transform that Adobe doesn't
 * have, or with a scan that doesn't fit its frame; also where it ends too early.
 * @param bytes of a file with a JPEG's signature
 */
export const isPlainJpegHeader = (bytes: Uint8Array): boolean => {
  let frame: { readonly marker: number; readonly components: number } | null = null;
  let transform: number | null = null;
  for (let at = 2; at < bytes.length;) {
    if (bytes[at] !== MARKER) return false;
    // Any number of these may fill up before a marker.
    while (bytes[at] === MARKER) at += 1;
    const marker = bytes[at] ?? EOI;
    at += 1;
    if (marker === 0 || marker === SOI || marker === EOI) return false;
    if (standsAlone(marker)) continue;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (length < 2 || at + length > bytes.length) return false;
    const body = bytes.subarray(at + 2, at + length);
    if (marker === APP0 && startsWith(body, 'JFIF\0') && body[5] !== 1) return false;
    if (marker === APP14 && startsWith(body, 'Adobe')) transform = body[11] ?? null;
    if (isFrame(marker)) frame = { marker, components: body[5] ?? 0 };
    if (marker === SOS) {
      if (frame === null || (isSequential(frame.marker) && !isWholeScan(body))) return false;
      return transform === null || transform === 0 || transform === (frame.components === 4 ? 2 : 1);
    }
    at += length;
  }
  return false;
};

/**
 * Colour profiles in JPEG files. Most photos carry the standard's own sRGB profile, and carrying pixels over from sRGB to
 * sRGB changes nothing but the rounding of a few, and takes nearly as long as decoding them (1.9 ms of CPU for a photo
 * of .2 megapixels). So a profile is tried once on a picture of many colours: where none changes by more than its last
 * bit, the profile is left out from then on.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** ICC.1:2022, B.4: an APP2 segment starts with this, a sequence number and a count. */
const SIGNATURE = Buffer.from('ICC_PROFILE\0', 'latin1');
const PREAMBLE = SIGNATURE.length + 2;
/** Where a profile says the colour space of its device side (ICC.1:2022, 7.2). */
const DEVICE_SPACE = { start: 16, end: 20 } as const;
const MARKER = { prefix: 0xff, startOfScan: 0xda, app2: 0xe2 } as const;

/**
 * The RGB profile of a JPEG file that holds one in a single segment, as nearly all do; null for anything else, which is
 * then decoded the long way.
 */
export const embeddedRgbProfile = (jpeg: Uint8Array): Uint8Array | null => {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  if (jpeg.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= jpeg.byteLength;) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== MARKER.prefix || marker === MARKER.startOfScan) return null;
    const end = at + 2 + view.getUint16(at + 2);
    const segment = jpeg.subarray(at + 4, end);
    if (marker === MARKER.app2 && SIGNATURE.equals(segment.subarray(0, SIGNATURE.length))) {
      const [sequence, count] = segment.subarray(SIGNATURE.length, PREAMBLE);
      const profile = segment.subarray(PREAMBLE);
      const space = Buffer.from(profile.subarray(DEVICE_SPACE.start, DEVICE_SPACE.end)).toString('latin1');
      return sequence === 1 && count === 1 && space === 'RGB ' ? profile : null;
    }
    at = end;
  }
  return null;
};

/** A JPEG file with a profile in its first segment. */
export const withProfile = (jpeg: Uint8Array, profile: Uint8Array): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xff00 | MARKER.app2, 0);
  head.writeUInt16BE(2 + PREAMBLE + profile.byteLength, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, SIGNATURE, Buffer.from([1, 1]), profile, jpeg.subarray(2)]);
};

const STEPS = 32;

/** Every combination of 33 levels a channel, and every grey. */
const createColours = (): Promise<Buffer> => {
  const levels = Array.from({ length: STEPS + 1 }, (_, step) => Math.min(255, (step * 256) / STEPS));
  const colours = levels.flatMap((r) => levels.flatMap((g) => levels.map((b) => [r, g, b])));
  const greys = Array.from({ length: 256 }, (_, level) => [level, level, level]);
  const width = STEPS + 1;
  const pixels = [...colours, ...greys];
  while (pixels.length % width !== 0) pixels.push([0, 0, 0]);
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height: pixels.length / width, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
};

let colours: Promise<Buffer> | null = null;

/** One level of 256: what rounding does to 0.3% of values under the profile of IEC 61966-2-1. The nearest other profile: 9. */
const ROUNDING = 1;

const changesNoColour = async (profile: Uint8Array): Promise<boolean> => {
  colours ??= createColours();
  const tagged = withProfile(await colours, profile);
  const decode = (ignoreIcc: boolean): Promise<Buffer> =>
    sharp(tagged, { ignoreIcc, failOn: 'error' }).toColourspace('srgb').raw().toBuffer();
  // One that can't be read is left to the decoder of the image that carries it.
  return Promise.all([decode(false), decode(true)]).then(
    ([converted, plain]) => converted.every((level, at) => Math.abs(level - (plain[at] ?? NaN)) <= ROUNDING),
    () => false,
  );
};

/** Cameras and programs have a few dozen profiles; whoever makes up thousands doesn't fill the memory. */
const REMEMBERED = 1_000;
const verdicts = new Map<string, Promise<boolean>>();

/** Whether an RGB profile leaves 8-bit sRGB pixels as they are, but for rounding. The answer depends on the profile alone. */
export const isPlainSrgb = (profile: Uint8Array): Promise<boolean> => {
  const digest = createHash('sha256').update(profile).digest('base64');
  const known = verdicts.get(digest);
  if (known) return known;
  const verdict = changesNoColour(profile);
  if (verdicts.size < REMEMBERED) verdicts.set(digest, verdict);
  return verdict;
};

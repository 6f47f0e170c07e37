/** Landed images made up for tests: a name decides bytes and pixels. */
import { digestOfText, type LandedImage } from '@graft/contracts';

/** A hash that says something: half of its bits are set, spread by the name. */
const hashOf = (name: string): string =>
  digestOfText(`hash of ${name}`)
    .slice(0, 8)
    .replace(/./g, (digit) => digit + (15 - Number.parseInt(digit, 16)).toString(16));

export const landedImage = (name: string, given: Partial<LandedImage> = {}): LandedImage => {
  const label = given.label ?? 'ant';
  return {
    sha256: digestOfText(`bytes of ${name}`),
    pixelSha256: digestOfText(`pixels of ${name}`),
    perceptualHash: hashOf(name),
    meanColour: '808080',
    label,
    group: null,
    split: null,
    source: 'landing',
    key: `insects/${label}/${name}.jpg`,
    etag: `etag-${name}`,
    width: 64,
    height: 64,
    sizeBytes: 100,
    ...given,
  };
};

/** A hash that differs in the first so many bits. */
export const flipBits = (hash: string, bits: number): string =>
  (BigInt(`0x${hash}`) ^ ((1n << BigInt(bits)) - 1n)).toString(16).padStart(16, '0');

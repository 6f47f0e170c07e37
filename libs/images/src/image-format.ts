/**
 * What kind of file some bytes are, by their signature alone: a stranger's file reaches a decoder only after this.
 * Accepted are JPEG, PNG and WebP; others are known by name, so that the message can say what was sent.
 */

export const ACCEPTED_FORMATS = ['jpeg', 'png', 'webp'] as const;
export type AcceptedFormat = (typeof ACCEPTED_FORMATS)[number];

export type ImageFormat =
  | { readonly kind: 'accepted'; readonly format: AcceptedFormat }
  | { readonly kind: 'known'; readonly name: string }
  | { readonly kind: 'unknown' };

interface Signature {
  readonly name: string;
  readonly offset: number;
  readonly bytes: string;
}

// Signatures as latin1 text. Sources: the formats' own specifications; ISO/IEC 14496-12 for `ftyp`.
const ACCEPTED: readonly (Signature & { readonly name: AcceptedFormat })[] = [
  { name: 'jpeg', offset: 0, bytes: '\xff\xd8\xff' },
  { name: 'png', offset: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { name: 'webp', offset: 8, bytes: 'WEBP' },
];
const KNOWN: readonly Signature[] = [
  { name: 'GIF', offset: 0, bytes: 'GIF87a' },
  { name: 'GIF', offset: 0, bytes: 'GIF89a' },
  { name: 'TIFF', offset: 0, bytes: 'II*\0' },
  { name: 'TIFF', offset: 0, bytes: 'MM\0*' },
  { name: 'TIFF', offset: 0, bytes: 'II+\0' },
  { name: 'TIFF', offset: 0, bytes: 'MM\0+' },
  { name: 'HEIF or AVIF', offset: 4, bytes: 'ftyp' },
  { name: 'BMP', offset: 0, bytes: 'BM' },
  { name: 'icon', offset: 0, bytes: '\0\0\x01\0' },
  { name: 'Photoshop', offset: 0, bytes: '8BPS' },
  { name: 'JPEG 2000', offset: 4, bytes: 'jP  \r\n\x87\n' },
  { name: 'JPEG XL', offset: 0, bytes: '\xff\x0a' },
  { name: 'JPEG XL', offset: 4, bytes: 'JXL \r\n\x87\n' },
  { name: 'OpenEXR', offset: 0, bytes: '\x76\x2f\x31\x01' },
  { name: 'PDF', offset: 0, bytes: '%PDF-' },
];
const HEAD_BYTES = 4096;

/** What may stand before an SVG's root: a declaration, comments, a doctype. Scanned without a pattern that could backtrack. */
const PROLOGUE = [
  { opens: '<?', closes: '?>' },
  { opens: '<!--', closes: '-->' },
  { opens: '<!doctype', closes: '>' },
];

const isSvg = (head: string): boolean => {
  let rest = head.replace(/^\ufeff/, '').toLowerCase();
  for (;;) {
    rest = rest.trimStart();
    const part = PROLOGUE.find(({ opens }) => rest.startsWith(opens));
    if (!part) return /^<svg[\s>/]/.test(rest);
    // A doctype may declare entities of its own in brackets, each of which ends in a `>`.
    const closes = part.opens === '<!doctype' && /^[^>[]*\[/.test(rest) ? ']>' : part.closes;
    const end = rest.indexOf(closes, part.opens.length);
    if (end < 0) return false;
    rest = rest.slice(end + closes.length);
  }
};

/** Never throws: what it can't tell is `unknown`. Reads the first 4 KiB alone. */
export const detectFormat = (bytes: Uint8Array): ImageFormat => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD_BYTES));
  const text = head.toString('latin1');
  const matches = ({ offset, bytes: signature }: Signature): boolean => text.startsWith(signature, offset);
  const accepted = ACCEPTED.find(matches);
  if (accepted && (accepted.name !== 'webp' || text.startsWith('RIFF'))) {
    return { kind: 'accepted', format: accepted.name };
  }
  const known = KNOWN.find(matches);
  if (known) return { kind: 'known', name: known.name };
  return isSvg(head.toString('utf8')) ? { kind: 'known', name: 'SVG' } : { kind: 'unknown' };
};

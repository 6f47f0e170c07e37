/**
 * User metadata in HTTP headers, which are ASCII. As S3 does when it gives back what isn't, a value that is not plain
 * ASCII (or has spaces at its ends, which HTTP drops) travels as an encoded word of RFC 2047.
 */
const PREFIX = 'x-amz-meta-';
const PLAIN = /^(?!=\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const ENCODED_WORD = /^=\?utf-8\?([bq])\?(.*)\?=$/i;

const decodeQ = (text: string): Buffer =>
  Buffer.from(
    text
      .replaceAll('_', ' ')
      .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

const decode = (value: string): string => {
  const [, form, text] = ENCODED_WORD.exec(value) ?? [];
  if (form !== undefined && text !== undefined) {
    return (form.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text)).toString('utf8');
  }
  if (PLAIN.test(value)) return value;
  // Some clients send UTF-8 as it is; node reads header bytes as latin1.
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
};

export const toMetadataHeaders = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      `${PREFIX}${name.toLowerCase()}`,
      PLAIN.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`,
    ]),
  );

export const fromMetadataHeaders = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter((entry): entry is [string, string] => entry[0].startsWith(PREFIX) && typeof entry[1] === 'string')
      .map(([name, value]) => [name.slice(PREFIX.length), decode(value)]),
  );

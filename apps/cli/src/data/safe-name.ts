/** Names of files made from names that strangers chose: keys of landed objects, labels. */

/** Most file systems take 255 bytes of a name; what is added to it has room. */
const MOST_CHARACTERS = 80;

/** A folder's name for a label: what could leave the folder, or mean something to a shell or a file system, is an underscore. */
export const safeName = (name: string): string => {
  const safe = name
    .normalize('NFC')
    .replace(/[^\p{Letter}\p{Number}._ -]/gu, '_')
    .replace(/^[.\s-]+|[.\s]+$/gu, '_');
  // By code points: a character is never cut in two. 80 of them are 240 bytes in most scripts, 320 at worst: cut by bytes too.
  let short = [...safe].slice(0, MOST_CHARACTERS).join('');
  while (Buffer.byteLength(short) > 200) short = [...short].slice(0, -1).join('');
  return short === '' ? '_' : short;
};

/** A name of its own for each digest: the last part of the key without its ending, and the digest's first twelve digits. */
export const safeFileName = (key: string, digest: string): string => {
  const last = key.split('/').at(-1) ?? '';
  const stem = last.replace(/\.[A-Za-z0-9]{1,8}$/, '');
  return `${safeName(stem)}-${digest.slice(0, 12)}`;
};

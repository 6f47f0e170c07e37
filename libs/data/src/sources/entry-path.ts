/**
 * Names of files as archives, folders and buckets give them. None is ever used as a path on this machine; what could be taken
 * for one that leads elsewhere is refused all the same, since a key is what other tools make files of.
 */

/** S3's limit for a key, which a name has to fit in. */
export const MAX_NAME_BYTES = 1024;

export type EntryPath = { readonly path: string } | { readonly why: string };

/** A name for a message: whatever it holds, it is short and plain. */
export const showName = (name: string): string => {
  const plain = name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
};

/** Whether a name is that of the archive's own root, which `tar -cf x.tar .` writes first: no folder, and nothing to tell of. */
export const isRootName = (name: string): boolean => /^\.(?:\/\.)*\/?$/.test(name);

/** Checks a name, and gives it as a relative path in NFC: leading `./`, and the slash that ends a folder's, are dropped. */
export const parseEntryPath = (name: string): EntryPath => {
  const path = name
    .normalize('NFC')
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/$/, '');
  if (path === '' || path === '.') return { why: 'it has no name' };
  if (Buffer.byteLength(path) > MAX_NAME_BYTES) return { why: `its name is longer than ${MAX_NAME_BYTES} bytes` };
  if (/[\u0000-\u001f\u007f]/.test(path)) return { why: 'its name holds a control character' };
  if (path.includes('\ufffd')) return { why: 'its name is not UTF-8' };
  if (path.includes('\\')) return { why: 'its name holds a backslash: separate folders by "/"' };
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return { why: 'its name is an absolute path' };
  const segments = path.split('/');
  if (segments.includes('..')) return { why: 'its name leads out of its folder' };
  if (segments.some((segment) => segment === '' || segment === '.')) return { why: 'a folder in its name has none' };
  return { path };
};

const LEFT_BY_DESKTOPS = new Set(['__macosx', 'thumbs.db', 'desktop.ini']);

/** What desktops and tools leave beside the images: hidden files and folders, previews. Nobody means to land them. */
export const isIgnored = (path: string): boolean =>
  path.split('/').some((segment) => /^\.(?!\.?$)/.test(segment) || LEFT_BY_DESKTOPS.has(segment.toLowerCase()));

const ARCHIVE_NAME = /\.(zip|tar|tar\.gz|tgz)$/i;
/** Whether a file is taken for an archive before anything of it is read. */
export const isArchiveName = (name: string): boolean => ARCHIVE_NAME.test(name);

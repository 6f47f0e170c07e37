/** Opens an archive by what its bytes say it is, whatever its name. */
import { open, type FileHandle } from 'node:fs/promises';
import { imageUnfit, AppError } from '@graft/contracts';
import type { Source, SourceLimits } from './source.js';
import { createTarSource } from './tar-source.js';
import { createZipSource } from './zip-source.js';

type ArchiveKind = 'zip' | 'tar' | 'gzip';

const TAR_MAGIC = { offset: 257, text: 'ustar' };

const kindOf = (head: Buffer): ArchiveKind | null => {
  const text = head.toString('latin1');
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return 'zip';
  if (text.startsWith('\x1f\x8b')) return 'gzip';
  return text.startsWith(TAR_MAGIC.text, TAR_MAGIC.offset) ? 'tar' : null;
};

const openFile = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES') throw new AppError('forbidden', `${path} may not be read`, { cause });
    throw new AppError('not_found', `no archive can be read at ${path}`, { cause });
  }
};

/**
 * The archive stays open until the source is closed, even where its file is removed meanwhile.
 * @param name for messages; default: the path
 * @throws AppError `not_found`, `forbidden`, or `image_unfit` with reason `archive_unfit` where it is neither zip nor tar.
 */
export const openArchive = async ({
  path,
  name = path,
  limits,
}: {
  path: string;
  name?: string;
  limits?: Partial<SourceLimits>;
}): Promise<Source> => {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(512);
    await file.read(head, 0, head.length, 0);
    const kind = kindOf(head);
    if (kind === null) throw imageUnfit('archive_unfit', `${name} is no zip, tar or gzipped tar archive`);
    const archive = { fd: file.fd, sizeBytes: size, name, ...(limits === undefined ? {} : { limits }) };
    const source =
      kind === 'zip' ? createZipSource(archive) : createTarSource({ ...archive, gzipped: kind === 'gzip' });
    return { ...source, close: () => file.close() };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
};

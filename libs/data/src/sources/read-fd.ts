/** Streams over a file descriptor that somebody else closes. */
import { createReadStream, read } from 'node:fs';
import type { Readable } from 'node:stream';

/** A read stream closes its descriptor when it is destroyed, whatever `autoClose` says: this one can't. */
const LEFT_OPEN = {
  read,
  close: (_fd: number, done?: (error: null) => void): void => done?.(null),
};

/** @param end exclusive; default: the end of the file */
export const streamFd = (fd: number, start = 0, end = Infinity): Readable =>
  createReadStream('', { fd, start, end: end - 1, autoClose: false, fs: LEFT_OPEN });

/**
 * A zip's bytes for yauzl, a window at a time: the central directory is read in steps of 50 to 100 bytes, and a system call for
 * each would take most of the time of a large one.
 */
import { read } from 'node:fs';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { streamFd } from './read-fd.js';

const WINDOW_BYTES = 1024 * 1024;

/**
 * Keeps a window of what is read in order (the central directory). Reads here and there (the header before each file) are as long
 * as they were asked for, and leave the window alone.
 */
class BufferedReader extends RandomAccessReader {
  private start = 0;
  private window = Buffer.alloc(0);
  private previousEnd = -1;

  constructor(
    private readonly fd: number,
    private readonly sizeBytes: number,
  ) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    if (!this.isInside(start, end)) {
      return new Readable({
        read() {
          this.destroy(new Error('it points beyond its end'));
        },
      });
    }
    return streamFd(this.fd, start, end);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    if (this.copy(buffer, offset, length, position)) {
      // Not at once: yauzl reads entry after entry from within its callbacks.
      setImmediate(callback, null);
      return;
    }
    // Offsets are what the archive says, and node throws at those that no file can have.
    if (!this.isInside(position, position + length)) {
      setImmediate(callback, new Error('it points beyond its end'));
      return;
    }
    const isNext = position === this.previousEnd;
    this.previousEnd = position + length;
    const target = Buffer.allocUnsafe(isNext ? Math.max(WINDOW_BYTES, length) : length);
    read(this.fd, target, 0, target.length, position, (error, bytesRead) => {
      if (error !== null) return callback(error);
      if (bytesRead < length) return callback(new Error('it ends too early'));
      target.copy(buffer, offset, 0, length);
      if (isNext) {
        this.start = position;
        this.window = target.subarray(0, bytesRead);
      }
      callback(null);
    });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  private isInside(start: number, end: number): boolean {
    return Number.isSafeInteger(start) && start >= 0 && end >= start && end <= this.sizeBytes;
  }

  private copy(buffer: Buffer, offset: number, length: number, position: number): boolean {
    const from = position - this.start;
    if (from < 0 || from + length > this.window.length) return false;
    this.window.copy(buffer, offset, from, from + length);
    return true;
  }
}

/** @param fd open for reading; it is left open. */
export const createBufferedReader = (fd: number, sizeBytes: number): RandomAccessReader =>
  new BufferedReader(fd, sizeBytes);

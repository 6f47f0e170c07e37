/** Frees what large images held, at once. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/**
 * Has V8 collect its garbage now. The pixels of an image lie outside its heap, where hundreds of megabytes look like a few
 * bytes to it: left alone, it would let several such images gather before it frees the first. A full collection takes
 * some 10 ms: worth it after a large image, never after a small one.
 */
export const collectGarbage = (): void => {
  if (collect === null) {
    // The documented way to have `gc` without starting the process with the flag.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
};

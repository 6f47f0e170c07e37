/** A source of texts by path, for specs of what is made of sources. A path with a slash at its end is a folder. */
import type { Source, SourceEntry } from '../sources/source.js';

export const memorySource = (held: Readonly<Record<string, string | Uint8Array>>): Source => ({
  name: 'memory',
  async *entries(): AsyncGenerator<SourceEntry> {
    for (const [path, content] of Object.entries(held)) {
      if (path.endsWith('/')) yield { kind: 'folder', path: path.slice(0, -1) };
      else {
        const bytes = new Uint8Array(Buffer.from(content as string));
        yield { kind: 'file', path, sizeBytes: bytes.length, read: async () => bytes };
      }
    }
  },
  close: async () => {},
});

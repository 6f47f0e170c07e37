/** Tar archives as tests need them. */
import { pack, type Header } from 'tar-stream';

export type TarMember = Partial<Omit<Header, 'type'>> & {
  readonly name: string;
  readonly type?: Header['type'];
  readonly bytes?: Uint8Array | string;
};

export const makeTar = async (members: readonly TarMember[]): Promise<Buffer> => {
  const packing = pack();
  const chunks: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of packing as AsyncIterable<Buffer>) chunks.push(chunk);
  })();
  for (const { bytes = '', ...header } of members) {
    const hasBytes = header.type === undefined || header.type === 'file';
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      if (hasBytes) packing.entry(header, Buffer.from(bytes as string), done);
      else packing.entry(header, done);
    });
  }
  packing.finalize();
  await reading;
  return Buffer.concat(chunks);
};

/** Writes the checksum of a header that was changed, so that only the change itself is wrong. */
export const resumHeader = (tar: Buffer, at: number): Buffer => {
  tar.fill(' ', at + 148, at + 156);
  const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  return tar;
};

/** The list of what a bucket held: JSON lines, gzipped. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { createDigestingStream, digestOfFile } from '@graft/artifacts';
import { AppError, backupObjectSchema, type BackupObject, type Digest } from '@graft/contracts';

/** Returns the digest of the file. */
export const writeObjectList = async (path: string, objects: Iterable<BackupObject>): Promise<Digest> => {
  const lines = function* lines(): Generator<string> {
    for (const object of objects) yield `${JSON.stringify(object)}\n`;
  };
  const digesting = createDigestingStream();
  await pipeline(
    Readable.from(lines()),
    createGzip(),
    digesting.stream,
    createWriteStream(path, { mode: 0o600, flush: true }),
  );
  return digesting.told().sha256;
};

/** @throws AppError `corrupt` where the file has another digest than `sha256` */
export async function* readObjectList(path: string, sha256: Digest): AsyncGenerator<BackupObject> {
  const found = await digestOfFile(path);
  if (found !== sha256)
    throw new AppError('corrupt', `${path} is damaged: its digest should be ${sha256}, found ${found}`);
  for await (const line of createInterface({ input: createReadStream(path).pipe(createGunzip()) }))
    yield backupObjectSchema.parse(JSON.parse(line));
}

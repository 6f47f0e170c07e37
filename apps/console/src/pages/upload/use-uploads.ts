/** Files on their way into a dataset: a few at a time, each told of by itself. */
import { MAX_UPLOAD_BYTES, toAppError, type Split } from '@graft/contracts';
import { useCallback, useState } from 'react';
import { useRegistry } from '../../registry/registry.js';
import { putFile } from './put-file.js';

export interface FileState {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly state: 'waits' | 'sending' | 'landed' | 'failed';
  /** 0 to 1. */
  readonly share: number;
  readonly problem: string | null;
}

export interface Place {
  readonly label: string;
  /** Null: the hash of each image decides. */
  readonly split: Split | null;
  readonly source: string | null;
}

/** Addresses hold for an hour: they are asked for as they are needed. */
const ASKED_AT_A_TIME = 50;
const IN_FLIGHT = 4;

let lastId = 0;

export const useUploads = (dataset: string) => {
  const registry = useRegistry();
  const [files, setFiles] = useState<readonly FileState[]>([]);
  const change = useCallback(
    (id: string, changed: Partial<FileState>) =>
      setFiles((present) => present.map((each) => (each.id === id ? { ...each, ...changed } : each))),
    [],
  );

  const upload = useCallback(
    async (given: readonly File[], place: Place): Promise<void> => {
      const added = given.map((file) => {
        const isLarge = file.size > MAX_UPLOAD_BYTES;
        const problem = isLarge ? `it has more than ${MAX_UPLOAD_BYTES / 1024 / 1024} MiB` : null;
        const state: FileState['state'] = isLarge ? 'failed' : 'waits';
        return {
          file,
          told: { id: String((lastId += 1)), name: file.name, label: place.label, state, share: 0, problem },
        };
      });
      setFiles((present) => [...added.map(({ told }) => told), ...present]);
      const waiting = added.filter(({ told }) => told.state === 'waits');
      const send = async (part: typeof waiting): Promise<void> => {
        const asked = part.map(({ file: { name, size } }) => ({ ...place, file: name, sizeBytes: size }));
        const signed = await registry.requestUploads(dataset, asked);
        const queue = part.map((each, at) => ({ ...each, signed: signed[at] }));
        const work = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const { told, file, signed: address } = next;
            if (address === undefined) continue;
            change(told.id, { state: 'sending' });
            try {
              await putFile(address, file, (share) => change(told.id, { share }));
              change(told.id, { state: 'landed', share: 1 });
            } catch (thrown) {
              change(told.id, { state: 'failed', problem: toAppError(thrown).message });
            }
          }
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, work));
      };
      for (let at = 0; at < waiting.length; at += ASKED_AT_A_TIME) {
        const part = waiting.slice(at, at + ASKED_AT_A_TIME);
        try {
          await send(part);
        } catch (thrown) {
          const problem = toAppError(thrown).message;
          for (const { told } of part) change(told.id, { state: 'failed', problem });
        }
      }
    },
    [change, dataset, registry],
  );
  return { files, upload };
};

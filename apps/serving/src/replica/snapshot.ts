/** The last desired state on disk: what a replica starts from while the registry is away. */
import { canonicalJson, desiredStateSchema, type DesiredState } from '@graft/contracts';
import type { ObjectStore } from '@graft/artifacts';
import type { Logger } from '@graft/platform';
import { parseJson } from '../models/model-store.js';

export interface Snapshot {
  /** Null where none was kept, or it can't be read. */
  read(): Promise<DesiredState | null>;
  /** Keeps what is deployed; preparations belong to promotions that may be over by then. */
  write(state: DesiredState): void;
  /** Resolves when what was to be written is. */
  flush(): Promise<void>;
}

export interface SnapshotOptions {
  readonly documents: ObjectStore;
  /** Several stacks of one machine may share its cache: each starts from its own state. */
  readonly installation: string;
  readonly environment: string;
  readonly logger: Logger;
}

export const createSnapshot = ({ documents, installation, environment, logger }: SnapshotOptions): Snapshot => {
  const key = `desired-state/${installation}/${environment}.json`;
  let kept: string | null = null;
  let writing = Promise.resolve();

  const writeText = async (text: string): Promise<void> => {
    try {
      await documents.put(key, new TextEncoder().encode(text));
    } catch (err) {
      // It only matters at the next start; serving goes on.
      kept = null;
      logger.warn({ err }, 'snapshot: it could not be written');
    }
  };

  return {
    read: async () => {
      try {
        const object = await documents.get(key);
        const parsed = object === null ? null : desiredStateSchema.safeParse(parseJson(object.bytes));
        return parsed?.success === true ? parsed.data : null;
      } catch (err) {
        logger.warn({ err }, 'snapshot: it could not be read');
        return null;
      }
    },
    write: (state) => {
      const text = canonicalJson({ ...state, preparations: [] });
      if (text === kept) return;
      kept = text;
      writing = writing.then(() => writeText(text));
    },
    flush: () => writing,
  };
};

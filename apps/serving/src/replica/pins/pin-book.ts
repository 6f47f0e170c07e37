/**
 * What is pinned, on this machine's disk: a file that replicas of one environment share, so that whoever starts takes it up, and beside it an
 * append-only record of every act. Both outlast the cache.
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFilesystemStore } from '@graft/artifacts';
import { AppError, canonicalJson, pinsSchema, type Pin, type PinRecord } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { parseJson } from '../../models/model-store.js';

export interface PinEnding {
  readonly act: Exclude<PinRecord['act'], 'pinned'>;
  readonly by: string;
  readonly reason: string;
}

export interface PinBook {
  /** Takes up what is on disk. What can't be read is told to the log, and nothing is pinned. */
  read(): Promise<void>;
  list(): readonly Pin[];
  of(model: string): Pin | null;
  /** Recorded first, then in force. @throws AppError `unavailable` when it can't be kept; nothing is pinned then. */
  put(pin: Pin): Promise<void>;
  /** Out of force at once; resolves when it is kept. Nothing to do where nothing is pinned. */
  remove(model: string, ending: PinEnding): Promise<void>;
  /** Resolves when what was to be written is. */
  flush(): Promise<void>;
}

export interface PinBookOptions {
  readonly folder: string;
  /** See Snapshot. */
  readonly installation: string;
  readonly environment: string;
  readonly replicaId: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

const append = async (file: string, line: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.writeFile(`${line}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
};

export const createPinBook = (options: PinBookOptions): PinBook => {
  const { folder, installation, environment, replicaId, now, logger } = options;
  const files = createFilesystemStore(folder);
  const base = `pins/${installation}/${environment}`;
  const pins = new Map<string, Pin>();
  let writing = Promise.resolve();

  const readAll = async (): Promise<readonly Pin[]> => {
    const kept = await files.get(`${base}.json`);
    if (kept === null) return [];
    const parsed = pinsSchema.safeParse(parseJson(kept.bytes));
    if (!parsed.success) throw new AppError('corrupt', `${join(folder, base)}.json is no file of pins`);
    return parsed.data.pins;
  };

  /** Another replica may have written meanwhile: only this model's entry is changed. */
  const write = async (model: string, pin: Pin | null): Promise<void> => {
    const others = (await readAll().catch(() => [])).filter((one) => one.model !== model);
    const all = { schemaVersion: 'pins.v1', pins: pin === null ? others : [...others, pin] };
    await files.put(`${base}.json`, new TextEncoder().encode(canonicalJson(all)));
  };

  const record = (fields: Pick<PinRecord, 'act' | 'pin' | 'by' | 'reason'>): Promise<void> => {
    const entry = { schemaVersion: 'pin-record.v1', replica: replicaId, at: now().toISOString(), ...fields };
    return append(join(folder, `${base}.records.jsonl`), canonicalJson(entry));
  };

  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = writing.then(act);
    writing = done.catch(() => undefined);
    return done;
  };

  return {
    read: async () => {
      try {
        for (const pin of await readAll()) pins.set(pin.model, pin);
        for (const { model, version, by, at } of pins.values())
          logger.warn({ model, version, by, at }, 'pin: pinned by hand, since before this start');
      } catch (err) {
        logger.error({ err }, 'pin: what was pinned could not be read; nothing is');
      }
    },
    list: () => [...pins.values()],
    of: (model) => pins.get(model) ?? null,
    put: async (pin) => {
      try {
        await inTurn(async () => {
          await record({ act: 'pinned', pin, by: pin.by, reason: pin.reason });
          await write(pin.model, pin);
        });
      } catch (cause) {
        const message = `the pin of ${pin.model} could not be kept in ${folder}: is it writable, and is there room?`;
        throw new AppError('unavailable', message, { cause });
      }
      pins.set(pin.model, pin);
      logger.warn({ model: pin.model, version: pin.version, by: pin.by, reason: pin.reason }, 'pin: pinned by hand');
    },
    remove: async (model, ending) => {
      const pin = pins.get(model);
      if (pin === undefined) return;
      pins.delete(model);
      logger.warn({ model, version: pin.version, ...ending }, 'pin: no longer pinned');
      await inTurn(async () => {
        await record({ ...ending, pin });
        await write(model, null);
      });
    },
    flush: () => writing,
  };
};

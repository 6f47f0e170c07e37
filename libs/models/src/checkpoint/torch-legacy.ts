/**
 * The format that torch.save wrote before 1.6: five pickles (magic number, protocol, system, state dict, storage keys),
 * then each storage as its element count and its bytes. Source: torch/serialization.py, _legacy_save.
 */
import { bytesPerElement, refuse, type Checkpoint } from './checkpoint-tensor.js';
import type { PickleValue, StorageRef } from './pickle-values.js';
import { readStateDict } from './torch-state-dict.js';
import { unpickle } from './unpickle.js';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const COUNT_BYTES = 8;

const readStorages = (
  bytes: Uint8Array,
  start: number,
  keys: readonly string[],
  refs: ReadonlyMap<string, StorageRef>,
): ReadonlyMap<string, Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let at = start;
  for (const key of keys) {
    // This part gives counts alone: how wide an element is stands in the pickle.
    const ref = refs.get(key) ?? refuse(`no tensor uses its storage "${key}"`, { key });
    if (at + COUNT_BYTES > bytes.byteLength) refuse(`it ends before storage "${key}"`, { key });
    const elements = view.getBigInt64(at, true);
    const left = bytes.byteLength - at - COUNT_BYTES;
    const width = bytesPerElement(ref.dtype);
    if (elements < 0n || elements * BigInt(width) > BigInt(left))
      refuse(`storage "${key}" says ${elements} elements of ${width} bytes, ${left} bytes are left`, { key });
    const end = at + COUNT_BYTES + Number(elements) * width;
    storages.set(key, bytes.subarray(at + COUNT_BYTES, end));
    at = end;
  }
  return storages;
};

const isText = (value: PickleValue): value is string => typeof value === 'string';

/** @throws AppError `checkpoint_unfit` naming what is refused or broken. */
export const readTorchLegacy = (bytes: Uint8Array): Checkpoint => {
  const magic = unpickle(bytes);
  if (magic.value !== MAGIC_NUMBER) refuse("it doesn't start with PyTorch's magic number");
  const protocol = unpickle(bytes, magic.end);
  if (protocol.value !== PROTOCOL_VERSION) refuse(`its protocol is ${String(protocol.value)}, expected 1001`);
  const system = unpickle(bytes, protocol.end);
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true)
    refuse('it was written on a big-endian machine');
  const state = unpickle(bytes, system.end);
  const keys = unpickle(bytes, state.end);
  if (!Array.isArray(keys.value) || !keys.value.every(isText)) return refuse('it has no list of storages');
  const storages = readStorages(bytes, keys.end, keys.value, state.storages);
  return readStateDict({ value: state.value, storages: (key) => storages.get(key), fileBytes: bytes.byteLength });
};

/**
 * The format that torch.save writes since 1.6: a zip of `<name>/data.pkl`, `<name>/data/<key>`, `<name>/byteorder`.
 * Source: torch/serialization.py, _save.
 */
import { refuse, type Checkpoint } from './checkpoint-tensor.js';
import { readStoredZip } from './stored-zip.js';
import { readStateDict } from './torch-state-dict.js';
import { unpickle } from './unpickle.js';

const PICKLE = '/data.pkl';

/** @throws AppError `checkpoint_unfit` naming what is refused or broken. */
export const readTorchZip = (bytes: Uint8Array): Checkpoint => {
  const members = readStoredZip(bytes);
  const pickles = [...members.keys()].filter((name) => name.endsWith(PICKLE) && name.split('/').length === 2);
  const [pickle, ...others] = pickles;
  if (pickle === undefined || others.length > 0) return refuse(`its zip has ${pickles.length} data.pkl, expected one`);
  const folder = pickle.slice(0, -PICKLE.length);
  if ([...members.keys()].some((name) => name.startsWith(`${folder}/code/`)))
    refuse('it is a TorchScript program, not a state dict');
  const order = members.get(`${folder}/byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== 'little') refuse('its numbers are big-endian');
  const { value } = unpickle(members.get(pickle) ?? new Uint8Array());
  return readStateDict({
    value,
    storages: (key) => members.get(`${folder}/data/${key}`),
    fileBytes: bytes.byteLength,
  });
};

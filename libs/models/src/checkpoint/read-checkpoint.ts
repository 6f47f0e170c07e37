/** Reads a state dict from the file formats that weights come in, none of which is trusted. */
import { refuse, type Checkpoint } from './checkpoint-tensor.js';
import { readSafetensors } from './safetensors.js';
import { readTorchLegacy } from './torch-legacy.js';
import { readTorchZip } from './torch-zip.js';

const PICKLE_PROTO = 0x80;
/** "PK", as every zip starts. */
const ZIP = [0x50, 0x4b] as const;
/** "{", behind the length of a safetensors header. */
const BRACE = 0x7b;

/**
 * Asked first: the length of the header may begin as the other formats do (one in 32 with a pickle's 0x80), but they have
 * neither zeros in its upper half nor a brace behind it.
 */
const startsLikeSafetensors = (bytes: Uint8Array): boolean =>
  bytes[8] === BRACE && bytes.subarray(4, 8).every((byte) => byte === 0);

/**
 * The tensors of a checkpoint, by name, in the file's order: PyTorch's .pth (legacy and zip) or safetensors, told apart by
 * their first bytes. Nothing in the file is ever run, and no header can make this take more than about twice the file.
 * @throws AppError `checkpoint_unfit` that names the opcode, global, tensor or length that was refused.
 */
export const readCheckpoint = (bytes: Uint8Array): Checkpoint => {
  if (startsLikeSafetensors(bytes)) return readSafetensors(bytes).tensors;
  if (bytes[0] === PICKLE_PROTO) return readTorchLegacy(bytes);
  if (bytes[0] === ZIP[0] && bytes[1] === ZIP[1]) return readTorchZip(bytes);
  if (bytes[8] === BRACE) return readSafetensors(bytes).tensors;
  return refuse(`it is neither a PyTorch state dict nor safetensors (${bytes.byteLength} bytes)`);
};

/** Reads a state dict from the file formats that weights come in, none of which is trusted. */
import { refuse, type Checkpoint } from './checkpoint-tensor.js';
import { readOnnxInitializers } from './onnx-initializers.js';
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
/** An ONNX model starts with its first field, the IR version, of which there have been 13. */
const ONNX_IR_VERSION = 0x08;
const MAX_IR_VERSION = 32;

/** A safetensors header is far below 4 GB, so the upper half of its length is zero; nothing in ONNX starts so. */
const startsLikeOnnx = (bytes: Uint8Array): boolean => {
  const [field, version = 0] = bytes;
  return field === ONNX_IR_VERSION && version <= MAX_IR_VERSION && bytes.subarray(4, 8).some((byte) => byte !== 0);
};

/**
 * The tensors of a checkpoint, by name, in the file's order: PyTorch's .pth (legacy and zip), safetensors, or the weights
 * in an ONNX model, told apart by their first bytes. Nothing in the file is ever run, and no header can make this take more
 * than about twice the file.
 * @throws AppError `checkpoint_unfit` that names the opcode, global, tensor or length that was refused.
 */
export const readCheckpoint = (bytes: Uint8Array): Checkpoint => {
  if (startsLikeSafetensors(bytes)) return readSafetensors(bytes).tensors;
  if (bytes[0] === PICKLE_PROTO) return readTorchLegacy(bytes);
  if (bytes[0] === ZIP[0] && bytes[1] === ZIP[1]) return readTorchZip(bytes);
  if (startsLikeOnnx(bytes)) return readOnnxInitializers(bytes);
  if (bytes[8] === BRACE) return readSafetensors(bytes).tensors;
  return refuse(
    `it is neither a PyTorch state dict (.pth) nor safetensors nor an ONNX model (${bytes.byteLength} bytes)`,
  );
};

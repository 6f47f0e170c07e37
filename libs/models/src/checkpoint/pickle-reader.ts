/** The numbers and texts in a pickle's bytes. */
import { refuse } from './checkpoint-tensor.js';

/** PyTorch's magic number takes 10; nothing in a state dict takes more. */
const MAX_LONG_BYTES = 16;
const MAX_GLOBAL_CHARACTERS = 256;

/** A byte reader that never passes the end; whoever reads past it is refused. */
export class PickleReader {
  readonly #view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The position of the next `count` bytes, which are then behind. */
  skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.byteLength - start) refuse(`its pickle ends in the middle (at byte ${start})`);
    this.at = start + count;
    return start;
  }
  uint8 = (): number => this.#view.getUint8(this.skip(1));
  uint16 = (): number => this.#view.getUint16(this.skip(2), true);
  uint32 = (): number => this.#view.getUint32(this.skip(4), true);
  int32 = (): number => this.#view.getInt32(this.skip(4), true);
  float64 = (): number => this.#view.getFloat64(this.skip(8), false);

  text(length: number): string {
    const start = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MAX_GLOBAL_CHARACTERS).indexOf(0x0a);
    if (end < 0) refuse(`a name in its pickle has no end (at byte ${this.at})`);
    const text = this.text(end);
    this.skip(1);
    return text;
  }

  /** Little-endian two's complement. */
  long(): number | bigint {
    const length = this.uint8();
    if (length > MAX_LONG_BYTES) refuse(`its pickle holds an integer of ${length} bytes`);
    const start = this.skip(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(this.bytes[start + index] ?? 0);
    const signed = BigInt.asIntN(length * 8, value);
    const small = Number(signed);
    return Number.isSafeInteger(small) ? small : signed;
  }
}

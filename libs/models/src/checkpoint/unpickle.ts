/**
 * Reads a pickle as data. It is an interpreter with no way out: nothing is imported, nothing is called, objects are Maps
 * and arrays, and what isn't on the allow-lists (pickle-opcodes.ts, pickle-values.ts) ends the reading with its name.
 */
import { refuse } from './checkpoint-tensor.js';
import { nameOpcode, OPCODES } from './pickle-opcodes.js';
import {
  ALLOWED_GLOBALS,
  checkKey,
  Opaque,
  otherTensorKind,
  PickleGlobal,
  PickleTuple,
  TensorRef,
  type PickleValue,
  type StorageRef,
} from './pickle-values.js';
import { PickleReader } from './pickle-reader.js';
import { newObject, reduce, toStorageRef } from './reduce.js';

/** A state dict of 1,000 tensors takes about 40,000; what its optimizer keeps, thrice that. */
const MAX_OPCODES = 2_000_000;
/** Dicts, lists, tuples and objects: such a state dict has 8,000. An empty dict takes one byte of the file and 200 here. */
const MAX_OBJECTS = 100_000;
/** Such a state dict remembers 12,000. */
const MAX_MEMO = 200_000;
/** Where a MARK is on the stack. */
const MARK = Symbol('mark');
type StackItem = PickleValue | typeof MARK;

class Machine {
  readonly #stack: StackItem[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #made = 0;
  readonly storages = new Map<string, StorageRef>();
  constructor(readonly reader: PickleReader) {}

  push = (value: StackItem): void => void this.#stack.push(value);

  pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined || value === MARK ? refuse(`its pickle takes from an empty stack`) : value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  popToMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) refuse('its pickle looks for a mark that was never set');
    const items = this.#stack.splice(at).slice(1);
    return items.map((item) => (item === MARK ? refuse('its pickle has a mark too many') : item));
  }

  /** A value that takes memory beyond its bytes in the file. */
  make(value: PickleValue): void {
    this.#made += 1;
    if (this.#made > MAX_OBJECTS) refuse(`its pickle makes more than ${MAX_OBJECTS} objects`);
    this.push(value);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (dict instanceof Opaque) return;
    if (!(dict instanceof Map)) return refuse('its pickle sets an item of something that is not a dict');
    if (items.length % 2 !== 0) refuse('its pickle sets a key without a value');
    for (let index = 0; index < items.length; index += 2)
      dict.set(checkKey(items[index] ?? null), items[index + 1] ?? null);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list)) return refuse('its pickle appends to something that is not a list');
    for (const item of items) list.push(item);
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop()).reverse();
    this.make(new PickleTuple(items));
  }

  remember(slot: number): void {
    this.#memo.set(slot, this.top());
    if (this.#memo.size > MAX_MEMO) refuse(`its pickle remembers more than ${MAX_MEMO} objects`);
  }

  recall(slot: number): void {
    this.push(this.#memo.get(slot) ?? (this.#memo.has(slot) ? null : refuse(`its pickle recalls slot ${slot}, unset`)));
  }

  global(): void {
    const name = `${this.reader.line()}.${this.reader.line()}`;
    if (ALLOWED_GLOBALS.has(name)) return this.make(new PickleGlobal(name));
    const kind = otherTensorKind(name);
    if (kind !== null)
      refuse(`it holds a tensor that is ${kind} ("${name}"), expected plain floating point`, { global: name });
    refuse(
      `its pickle asks for "${name}", which a state dict has no use for; nothing was run. ` +
        'If the file is yours, save the tensors alone: torch.save(model.state_dict(), path)',
      { global: name },
    );
  }

  /** OrderedDict's own attributes (`_metadata`: module versions) and an old Parameter's say nothing of the tensors. */
  build(): void {
    this.pop();
    const owner = this.top();
    if (!(owner instanceof Map || owner instanceof Opaque || owner instanceof TensorRef))
      refuse('its pickle sets attributes of something that is not an OrderedDict');
  }

  storage(): void {
    const ref = toStorageRef(this.pop());
    const known = this.storages.get(ref.key) ?? ref;
    if (known.dtype !== ref.dtype || known.elements !== ref.elements)
      refuse(`its storage "${ref.key}" is of two kinds`, { key: ref.key });
    this.storages.set(ref.key, known);
    this.push(known);
  }

  reduce(): void {
    const argument = this.pop();
    this.make(reduce(this.pop(), argument));
  }

  newObject(): void {
    const argument = this.pop();
    this.make(newObject(this.pop(), argument));
  }
}

const checkProtocol = (protocol: number): void => {
  if (protocol !== 2) refuse(`its pickle is of protocol ${protocol}, expected 2, which torch.save writes by default`);
};

type Step = (machine: Machine) => void;

const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [OPCODES.PROTO, ({ reader }) => checkProtocol(reader.uint8())],
  [OPCODES.MARK, (machine) => machine.push(MARK)],
  [OPCODES.NONE, (machine) => machine.push(null)],
  [OPCODES.NEWTRUE, (machine) => machine.push(true)],
  [OPCODES.NEWFALSE, (machine) => machine.push(false)],
  [OPCODES.BININT, (machine) => machine.push(machine.reader.int32())],
  [OPCODES.BININT1, (machine) => machine.push(machine.reader.uint8())],
  [OPCODES.BININT2, (machine) => machine.push(machine.reader.uint16())],
  [OPCODES.LONG1, (machine) => machine.push(machine.reader.long())],
  [OPCODES.BINFLOAT, (machine) => machine.push(machine.reader.float64())],
  [OPCODES.BINUNICODE, (machine) => machine.push(machine.reader.text(machine.reader.uint32()))],
  // Python 2's own texts, in the oldest files.
  [OPCODES.BINSTRING, (machine) => machine.push(machine.reader.text(machine.reader.uint32()))],
  [OPCODES.SHORT_BINSTRING, (machine) => machine.push(machine.reader.text(machine.reader.uint8()))],
  [OPCODES.EMPTY_DICT, (machine) => machine.make(new Map())],
  [OPCODES.EMPTY_LIST, (machine) => machine.make([])],
  [OPCODES.EMPTY_TUPLE, (machine) => machine.tuple(0)],
  [OPCODES.TUPLE, (machine) => machine.make(new PickleTuple(machine.popToMark()))],
  [OPCODES.TUPLE1, (machine) => machine.tuple(1)],
  [OPCODES.TUPLE2, (machine) => machine.tuple(2)],
  [OPCODES.TUPLE3, (machine) => machine.tuple(3)],
  [OPCODES.SETITEM, (machine) => machine.setItems([machine.pop(), machine.pop()].reverse())],
  [OPCODES.SETITEMS, (machine) => machine.setItems(machine.popToMark())],
  [OPCODES.APPEND, (machine) => machine.append([machine.pop()])],
  [OPCODES.APPENDS, (machine) => machine.append(machine.popToMark())],
  [OPCODES.BINPUT, (machine) => machine.remember(machine.reader.uint8())],
  [OPCODES.LONG_BINPUT, (machine) => machine.remember(machine.reader.uint32())],
  [OPCODES.BINGET, (machine) => machine.recall(machine.reader.uint8())],
  [OPCODES.LONG_BINGET, (machine) => machine.recall(machine.reader.uint32())],
  [OPCODES.GLOBAL, (machine) => machine.global()],
  [OPCODES.REDUCE, (machine) => machine.reduce()],
  [OPCODES.NEWOBJ, (machine) => machine.newObject()],
  [OPCODES.BUILD, (machine) => machine.build()],
  [OPCODES.BINPERSID, (machine) => machine.storage()],
]);

export interface Unpickled {
  readonly value: PickleValue;
  /** The offset behind it. */
  readonly end: number;
  /** Every storage it refers to, by key. */
  readonly storages: ReadonlyMap<string, StorageRef>;
}

/**
 * Reads one pickle that starts at `offset`.
 * @throws AppError `checkpoint_unfit` naming the opcode or global that is refused, or what is broken.
 */
export const unpickle = (bytes: Uint8Array, offset = 0): Unpickled => {
  const reader = new PickleReader(bytes, offset);
  const machine = new Machine(reader);
  for (let count = 0; count < MAX_OPCODES; count += 1) {
    const at = reader.at;
    const opcode = reader.uint8();
    if (opcode === OPCODES.STOP) return { value: machine.pop(), end: reader.at, storages: machine.storages };
    const step = STEPS.get(opcode);
    if (step === undefined) return refuse(`its pickle has the opcode ${nameOpcode(opcode)} at byte ${at}`, { opcode });
    step(machine);
  }
  return refuse(`its pickle has more than ${MAX_OPCODES} opcodes`);
};

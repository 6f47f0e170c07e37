/** Writes ONNX models field by field, sound ones and broken ones, as other exporters do. For tests alone. */

export type Message = readonly number[];

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return bytes;
};

export const numberField = (field: number, value: number): Message => [...varint(field * 8), ...varint(value)];
export const bytesField = (field: number, bytes: Iterable<number>): Message => {
  const body = [...bytes];
  return [...varint(field * 8 + 2), ...varint(body.length), ...body];
};
export const textField = (field: number, value: string): Message => bytesField(field, new TextEncoder().encode(value));
export const packedField = (field: number, values: readonly number[]): Message =>
  bytesField(field, values.flatMap(varint));
export const floatField = (field: number, value: number): Message => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** A TensorProto's fields: its numbers in `raw_data`, unless `data` says otherwise. */
export const tensorProto = (options: {
  name: string;
  shape: readonly number[];
  values?: ArrayBufferView;
  type?: number;
  data?: Message;
}): Message => [
  ...packedField(1, options.shape),
  ...numberField(2, options.type ?? 1),
  ...textField(8, options.name),
  ...(options.data ?? bytesField(9, bytesOf(options.values ?? new Float32Array()))),
];

/** A NodeProto's fields; `numbers` are attributes, whole ones as integers. */
export const nodeProto = (options: {
  operator: string;
  inputs: readonly string[];
  output: string;
  name?: string;
  numbers?: Readonly<Record<string, number>>;
  attributes?: readonly Message[];
}): Message => [
  ...options.inputs.flatMap((input) => textField(1, input)),
  ...textField(2, options.output),
  ...(options.name === undefined ? [] : textField(3, options.name)),
  ...textField(4, options.operator),
  ...Object.entries(options.numbers ?? {}).flatMap(([name, value]) =>
    bytesField(5, [...textField(1, name), ...(Number.isInteger(value) ? numberField(3, value) : floatField(2, value))]),
  ),
  ...(options.attributes ?? []).flatMap((attribute) => bytesField(5, attribute)),
];

/** A ModelProto. */
export const onnxFile = (options: { nodes: readonly Message[]; tensors?: readonly Message[] }): Uint8Array =>
  Uint8Array.from([
    ...numberField(1, 8),
    ...textField(2, 'pytorch'),
    ...bytesField(7, [
      ...options.nodes.flatMap((node) => bytesField(1, node)),
      ...textField(2, 'main_graph'),
      ...(options.tensors ?? []).flatMap((tensor) => bytesField(5, tensor)),
    ]),
  ]);

/** The Runtime port: a loaded model, whatever runs it. Adapters: onnxruntime.ts (serving), tfjs.ts (training form). */

export interface TensorSignature {
  readonly name: string;
  /** −1 stands for the batch. */
  readonly shape: readonly number[];
  readonly datatype: 'FP32';
}

export interface RuntimeSignature {
  readonly input: TensorSignature;
  readonly outputs: readonly TensorSignature[];
}

export interface Runtime {
  readonly signature: RuntimeSignature;
  /**
   * @param input row-major [batch, …], in the signature's layout.
   * @returns each output, row-major [batch, …], by name, in memory of its own.
   * @throws AppError `invalid_request` when the length doesn't fit the batch, `internal` when the runtime fails.
   */
  run(input: Float32Array, batch: number): Promise<Record<string, Float32Array>>;
  /** Frees what it holds. A second time does nothing; a run after it is refused. */
  dispose(): Promise<void>;
}

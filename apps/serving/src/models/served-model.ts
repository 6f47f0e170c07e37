/** A version that is loaded and verified: what requests run on, counted, so that it is only freed when none runs. */
import type { Digest, Signature, VariantName } from '@graft/contracts';
import type { Runtime } from '@graft/models';
import { createBatcher, type BatchingOptions, type InferenceRequest, type Outputs } from '../batching/batcher.js';

/** Which version of which model, in which form, and its very bytes. */
export interface ServedIdentity {
  readonly model: string;
  readonly version: number;
  readonly variant: VariantName;
  readonly artifactDigest: Digest;
}

export interface ServedModel extends ServedIdentity {
  readonly signature: Signature;
  /** Images that wait for it. */
  readonly queueDepth: number;
  /** See Batcher.submit. Only between `acquire` and its release. */
  infer(request: InferenceRequest): Promise<Outputs>;
  /** Holds it for one request; call the result once when the request has ended. */
  acquire(): () => void;
  /** Frees it as soon as nobody holds it; resolves then. */
  retire(): Promise<void>;
}

export interface ServedModelOptions extends ServedIdentity {
  readonly signature: Signature;
  readonly runtime: Runtime;
  readonly batching: BatchingOptions;
  readonly onBatch?: (batch: number) => void;
}

export const createServedModel = (options: ServedModelOptions): ServedModel => {
  const { model, version, variant, artifactDigest, signature, runtime, batching, onBatch } = options;
  let users = 0;
  let running = 0;
  let whenIdle: (() => void) | null = null;
  let retired: Promise<void> | null = null;

  /** A request that timed out is gone while its run may still be on: the runtime waits for both. */
  const leave = (): void => {
    if (users === 0 && running === 0) whenIdle?.();
  };

  const batcher = createBatcher({
    ...batching,
    name: `${model} version ${version}`,
    run: async (input, batch) => {
      running += 1;
      try {
        return await runtime.run(input, batch);
      } finally {
        running -= 1;
        leave();
      }
    },
    ...(onBatch === undefined ? {} : { onBatch }),
  });

  return {
    model,
    version,
    variant,
    artifactDigest,
    signature,
    get queueDepth() {
      return batcher.depth;
    },
    infer: (request) => batcher.submit(request),
    acquire: () => {
      users += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        users -= 1;
        leave();
      };
    },
    retire: () => {
      retired ??= new Promise<void>((resolve) => {
        whenIdle = resolve;
        leave();
      }).then(() => runtime.dispose());
      return retired;
    },
  };
};

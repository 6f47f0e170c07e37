/**
 * Where a replica gets models from: the artifacts bucket, through a cache on disk by digest, so that it can start again
 * with bucket and registry away. Both are verified on every read; a damaged copy on disk is fetched anew.
 */
import { join } from 'node:path';
import { contentKey, createContentStore, createFilesystemStore, type ObjectStore } from '@graft/artifacts';
import {
  AppError,
  canonicalJson,
  servableSchema,
  signatureSchema,
  toAppError,
  type BlobStore,
  type Digest,
  type Servable,
  type Signature,
} from '@graft/contracts';
import type { ModelRegistry } from '@graft/registry-client';
import type { ServedIdentity } from './served-model.js';

export interface ModelStore {
  /** Bytes by digest, as of a BlobStore. */
  readonly blobs: Pick<BlobStore, 'get'>;
  /** Where the bytes lie on this machine, once `blobs` has given them. */
  fileOf(digest: Digest): string;
  /** What a version takes and gives. @throws AppError `not_found`, `unavailable`; `corrupt` when the bytes are another version's. */
  signature(identity: ServedIdentity): Promise<Signature>;
  /** Keeps the digests of a version that was loaded, for `servable`. */
  keepServable(loaded: { readonly model: string; readonly servable: Servable }): Promise<void>;
  /** A version as it was last loaded on this machine, in whichever variant; null where it never was. */
  servable(model: string, version: number): Promise<Servable | null>;
  /** The versions that `servable` knows, in order. */
  servableVersions(model: string): Promise<readonly number[]>;
  /** Documents of the replica's own, by name. */
  readonly documents: ObjectStore;
}

export interface ModelStoreOptions {
  readonly remote: Pick<BlobStore, 'get'>;
  readonly registry: Pick<ModelRegistry, 'getModelVersion'>;
  /** The cache's folder. Installations of one machine may share it: bytes by digest, each its own word on versions. */
  readonly folder: string;
  readonly installation: string;
}

const isLost = (thrown: unknown): boolean => ['not_found', 'corrupt'].includes(toAppError(thrown).code);

export const createModelStore = ({ remote, registry, folder, installation }: ModelStoreOptions): ModelStore => {
  const documents = createFilesystemStore(folder);
  const local = createContentStore(documents);

  const get = async (digest: Digest): Promise<Uint8Array> => {
    try {
      return await local.get(digest);
    } catch (thrown) {
      if (!isLost(thrown)) throw thrown;
    }
    const bytes = await remote.get(digest);
    // A damaged copy of the right size would count as present.
    await documents.remove(contentKey(digest));
    await local.put(bytes);
    return bytes;
  };

  const signature = async (identity: ServedIdentity): Promise<Signature> => {
    const { model, version, artifactDigest } = identity;
    const key = `signatures/${installation}/${model}/${version}-${artifactDigest}.json`;
    const kept = await documents.get(key);
    const parsed = kept === null ? null : signatureSchema.safeParse(parseJson(kept.bytes));
    if (parsed?.success === true) return parsed.data;
    const registered = await registry.getModelVersion(model, version);
    if (!registered.artifacts.some(({ kind, digest }) => kind === 'model' && digest === artifactDigest)) {
      throw new AppError('corrupt', `version ${version} of ${model} has no model with digest ${artifactDigest}`, {
        details: { model, version, artifactDigest },
      });
    }
    await documents.put(key, new TextEncoder().encode(canonicalJson(registered.signature)));
    return registered.signature;
  };

  const servablesOf = (model: string): string => `servables/${installation}/${model}/`;
  return {
    blobs: { get },
    fileOf: (digest) => join(folder, contentKey(digest)),
    signature,
    keepServable: async ({ model, servable }) => {
      const text = canonicalJson(servableSchema.parse(servable));
      await documents.put(`${servablesOf(model)}${servable.version}.json`, new TextEncoder().encode(text));
    },
    servable: async (model, version) => {
      const kept = await documents.get(`${servablesOf(model)}${version}.json`);
      return kept === null ? null : (servableSchema.safeParse(parseJson(kept.bytes)).data ?? null);
    },
    servableVersions: async (model) => {
      const versions: number[] = [];
      for await (const { key } of documents.list(servablesOf(model)))
        versions.push(Number(/(\d+)\.json$/.exec(key)?.[1]));
      return versions.sort((a, b) => a - b);
    },
    documents,
  };
};

/** Null for what isn't JSON: a torn file counts as one that isn't there. */
export const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
};

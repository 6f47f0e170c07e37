/** A GET that follows redirects itself: to see where each leads, and to take a secret nowhere but where it belongs. */
import { AppError } from '@graft/contracts';
import { isTrustedUrl, showUrl } from '../weights-reference.js';

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The first answer that is no redirect.
 * @param options.secretHeaders sent to the first URL's own origin alone.
 * @throws AppError `refused` when a redirect leads away from https, or there is no end to them.
 */
export const getFollowing = async (options: {
  url: URL;
  headers: Readonly<Record<string, string>>;
  secretHeaders: Readonly<Record<string, string>>;
  signal: AbortSignal;
}): Promise<Response> => {
  let { url } = options;
  for (let step = 0; step <= MAX_REDIRECTS; step += 1) {
    const secrets = url.origin === options.url.origin ? options.secretHeaders : {};
    const response = await fetch(url, {
      headers: { ...options.headers, ...secrets },
      redirect: 'manual',
      signal: options.signal,
    });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    if (!URL.canParse(location, url.href))
      throw new AppError('unavailable', `${showUrl(url)} redirects to nowhere (status ${response.status})`);
    const next = new URL(location, url);
    if (!isTrustedUrl(next))
      throw new AppError('refused', `${showUrl(url)} redirects to ${showUrl(next)}, which is not https`);
    url = next;
  }
  throw new AppError('refused', `${showUrl(options.url)} redirects more than ${MAX_REDIRECTS} times`);
};

/** Strong entity tags of what GET answers under /v1, from its bytes (RFC 9110, 8.8.3); a client that has them is told so (304, 13.1.2). */
import { createHash } from 'node:crypto';
import type { App } from './app-types.js';

const tagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url')}"`;

/** Compared as 13.1.2 wants it: a proxy that made a tag weak hasn't made it another. */
const isNamed = (header: string, tag: string): boolean =>
  header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);

export const addEtags = (app: App): void => {
  app.addHook('onSend', async ({ method, routeOptions, headers }, reply, payload) => {
    const isResource = method === 'GET' && routeOptions.url?.startsWith('/v1/') === true;
    if (!isResource || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = tagOf(payload);
    // What one token may see another may not; and nobody goes on with what they have without asking.
    reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (!isNamed(headers['if-none-match'] ?? '', tag)) return payload;
    reply.status(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
};

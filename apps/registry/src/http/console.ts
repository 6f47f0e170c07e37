/** The console: the files that its build made, and one page for all of its addresses. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { AppError } from '@graft/contracts';
import type { FastifyReply } from 'fastify';
import type { App } from './app-types.js';

const PREFIX = '/console/';
/** Where the build leaves room for what differs with each answer. */
const NONCE = '__CSP_NONCE__';

/**
 * Nothing from elsewhere, no script in the page, and of styles in the page those alone that say the nonce (the component library
 * writes its theme so). Images that the API answered are shown from memory. Uploads go straight to the object store.
 */
const policy = (nonce: string, uploadOrigin: string | null): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...(uploadOrigin === null ? [] : [uploadOrigin])].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const readPage = async (folder: string | null): Promise<string> => {
  if (folder !== null) {
    try {
      return await readFile(join(folder, 'index.html'), 'utf8');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
  throw new AppError('not_found', 'the console is not built here: node tools/build.mjs builds it');
};

export interface ConsoleOptions {
  /** Where it was built to; null: a registry without a console. */
  readonly folder: string | null;
  /** Where upload addresses lead to; null: none are given out. */
  readonly uploadOrigin: string | null;
}

export const serveConsole = async (app: App, { folder, uploadOrigin }: ConsoleOptions): Promise<void> => {
  const open = { config: { rateLimit: false as const }, schema: { hide: true } };
  const page = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    const text = await readPage(folder);
    const nonce = randomBytes(16).toString('base64');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy(nonce, uploadOrigin))
      .header('cache-control', 'no-store')
      .send(text.replaceAll(NONCE, nonce));
  };
  app.get('/', open, (_request, reply) => reply.redirect(PREFIX));
  app.get('/console', open, (_request, reply) => reply.redirect(PREFIX));
  if (folder !== null) {
    await app.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: `${PREFIX}assets/`,
      decorateReply: false,
      index: false,
      // Their names carry a hash of what is in them.
      immutable: true,
      maxAge: '365d',
      preCompressed: true,
    });
  }
  app.get(PREFIX, open, page);
  app.get(`${PREFIX}*`, open, page);
};

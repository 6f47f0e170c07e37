/** Who may set a replica by hand: somebody on its own machine who can read its token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isLoopback = (address: string): boolean => isIP(address) !== 0 && /^(127\.|::1$|::ffff:127\.)/.test(address);

/** What a proxy adds: behind one, every client would look like a neighbour. */
const PROXY_HEADERS = ['x-forwarded-for', 'forwarded', 'via'];

/** @throws AppError `unauthenticated` without the token */
export const requireToken = ({ headers }: Pick<FastifyRequest, 'headers'>, token: string): void => {
  const [, given = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? [];
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new AppError('unauthenticated', 'expected the token of this replica, as Authorization: Bearer …');
};

/** @throws AppError `forbidden` for whoever comes from elsewhere or through a proxy, `unauthenticated` without the token. */
export const requireOperator = (request: FastifyRequest, token: string): void => {
  const { headers, socket } = request;
  const isNear = isLoopback(socket.remoteAddress ?? '') && PROXY_HEADERS.every((name) => headers[name] === undefined);
  if (!isNear) throw new AppError('forbidden', 'a replica is set by hand on its own machine, and not through a proxy');
  requireToken(request, token);
};

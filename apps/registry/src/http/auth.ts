/** Bearer tokens → who asks; and whether their role may. Tokens are random, so the sha256 alone is kept and looked up. */
import { AppError } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import type { Database } from '../db/database.js';
import type { TokenRow } from '../repositories/tokens.js';
import { ACCESS, isOperation, mayCall, tellOperation, type Principal } from '../rules/roles.js';
import { maySession, SESSION_HEAD } from '../rules/session.js';
import { isGraftsOwn } from '../services/subjects.js';
import { hashToken } from '../services/tokens.js';

const ACTOR_HEADER = 'x-graft-actor';
const ACTOR = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u;
const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address);

/** As a bearer, or as the password of basic authentication, which many tools can send alone; the user's name counts for nothing. */
const tokenOf = ({ headers }: FastifyRequest): string => {
  const [, scheme, value] = /^(Bearer|Basic) ([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer' && value !== undefined) return value;
  const password = value === undefined ? undefined : /^[^:]*:(.+)$/s.exec(Buffer.from(value, 'base64').toString())?.[1];
  if (password !== undefined) return password;
  throw new AppError('unauthenticated', 'a token is needed: send "Authorization: Bearer …" (GRAFT_REGISTRY_TOKEN)');
};

/** The person behind the stack's own admin token on a loopback install, as their client names them. */
const actorOf = (request: FastifyRequest): string | null => {
  const header = request.headers[ACTOR_HEADER];
  if (typeof header !== 'string' || header === '') return null;
  let actor = '';
  try {
    actor = decodeURIComponent(header);
  } catch {
    // Not percent-encoded: refused below.
  }
  if (ACTOR.test(actor) && !isGraftsOwn(actor)) return actor;
  throw new AppError('invalid_request', `${ACTOR_HEADER}: expected a name of up to 100 letters, digits and " ._@+-"`);
};

const SESSION_ENDED: Readonly<Record<TokenRow['state'], string>> = {
  live: '',
  expired: 'has ended, as sessions do',
  revoked: 'has ended with the token that it was made by',
};

/** @throws AppError `unauthenticated` for one that was revoked or has expired, which its holder is told. */
const checkLive = ({ name, kind, state, expiresAt, revoked }: TokenRow): void => {
  if (state === 'live') return;
  if (kind === 'session') {
    throw new AppError('unauthenticated', `the session of "${name}" ${SESSION_ENDED[state]}: sign in again`, {
      details: { name, state },
    });
  }
  const why = state === 'expired' ? `expired at ${expiresAt ?? ''}` : `was revoked at ${revoked?.at ?? ''}`;
  throw new AppError(
    'unauthenticated',
    `the token "${name}" ${why}: an admin makes another (./graft token create), GRAFT_REGISTRY_TOKEN is where it goes`,
    { details: { token: name, state } },
  );
};

export interface Guard {
  /** @throws AppError `unauthenticated`, `forbidden`. */
  (request: FastifyRequest, operation: string): Promise<Principal>;
}

/** A session is found among sessions alone, by how its token begins. */
const find = async (db: Database, token: string) => {
  if (!token.startsWith(SESSION_HEAD)) return db.tokens.byHash(hashToken(token));
  const session = await db.sessions.byHash(hashToken(token));
  return session === null ? null : { ...session, kind: 'session' as const, revoked: null };
};

/** `trustActor`: the registry listens on loopback alone, where who holds the stack's admin token may say who they are. */
export const createGuard =
  ({ db, trustActor }: { db: Database; trustActor: boolean }): Guard =>
  async (request, operation) => {
    const sent = tokenOf(request);
    const token = await find(db, sent);
    if (token === null) {
      throw new AppError(
        'unauthenticated',
        sent.startsWith(SESSION_HEAD)
          ? 'the registry knows no such session: sign in again'
          : 'the registry knows no such token (GRAFT_REGISTRY_TOKEN)',
      );
    }
    request.token = token;
    checkLive(token);
    // By this clock it is only saved a question; the day that is noted is the database's.
    if ('lastUsedOn' in token && token.lastUsedOn !== new Date().toISOString().slice(0, 10))
      await db.tokens.markUsed(token.id);
    const { name, role, kind } = token;
    if (!isOperation(operation) || !mayCall(role, operation)) {
      const roles = isOperation(operation) ? ACCESS[operation].join(' or ') : 'nobody';
      throw new AppError(
        'forbidden',
        `the token "${name}" is of role ${role}: "${tellOperation(operation)}" is for ${roles}`,
        { details: { operation, role } },
      );
    }
    if (kind === 'session' && !maySession(operation)) {
      throw new AppError(
        'forbidden',
        `"${tellOperation(operation)}" is not for sessions, which end: ask with a token (GRAFT_REGISTRY_TOKEN)`,
        { details: { operation, role } },
      );
    }
    // Who was given a token of their own goes by its name.
    const mayName = trustActor && kind === 'stack' && role === 'admin' && isLoopback(request.ip);
    return { name: (mayName ? actorOf(request) : null) ?? name, role };
  };

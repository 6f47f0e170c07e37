/** Bearer tokens → who asks; and whether their role may. Tokens are random, so the sha256 alone is kept and looked up. */
import { createHash } from 'node:crypto';
import { AppError, ROLES, type Role } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import type { Database } from '../db/database.js';
import { ACCESS, isOperation, mayCall, type Principal } from '../rules/roles.js';
import { PIPELINE_ACTOR } from '../services/subjects.js';

export const hashToken = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

const ACTOR_HEADER = 'x-graft-actor';
const ACTOR = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u;
const isRole = (role: string): role is Role => (ROLES as readonly string[]).includes(role);
const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address);

/** As a bearer, or as the password of basic authentication, which many tools can send alone; the user's name counts for nothing. */
const tokenOf = ({ headers }: FastifyRequest): string => {
  const [, scheme, value] = /^(Bearer|Basic) ([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer' && value !== undefined) return value;
  const password = value === undefined ? undefined : /^[^:]*:(.+)$/s.exec(Buffer.from(value, 'base64').toString())?.[1];
  if (password !== undefined) return password;
  throw new AppError('unauthenticated', 'a token is needed: send "Authorization: Bearer …" (GRAFT_REGISTRY_TOKEN)');
};

/** The person behind the admin token of a loopback install, as their client names them. */
const actorOf = (request: FastifyRequest): string | null => {
  const header = request.headers[ACTOR_HEADER];
  if (typeof header !== 'string' || header === '') return null;
  let actor = '';
  try {
    actor = decodeURIComponent(header);
  } catch {
    // Not percent-encoded: refused below.
  }
  if (ACTOR.test(actor) && actor !== PIPELINE_ACTOR) return actor;
  throw new AppError('invalid_request', `${ACTOR_HEADER}: expected a name of up to 100 letters, digits and " ._@+-"`);
};

export interface Guard {
  /** @throws AppError `unauthenticated`, `forbidden`. */
  (request: FastifyRequest, operation: string): Promise<Principal>;
}

/** `trustActor`: the registry listens on loopback alone, where who holds the admin token may say who they are. */
export const createGuard =
  ({ db, trustActor }: { db: Database; trustActor: boolean }): Guard =>
  async (request, operation) => {
    const row = await db.tokens.byHash(hashToken(tokenOf(request)));
    if (row === null || !isRole(row.role)) {
      throw new AppError('unauthenticated', 'the registry knows no such token (GRAFT_REGISTRY_TOKEN)');
    }
    const principal: Principal = { name: row.name, role: row.role };
    request.token = principal;
    if (!isOperation(operation) || !mayCall(principal.role, operation)) {
      const roles = isOperation(operation) ? ACCESS[operation].join(', ') : 'nobody';
      throw new AppError('forbidden', `${operation} is for ${roles}; the token "${row.name}" is of role ${row.role}`, {
        details: { operation, role: row.role },
      });
    }
    const actor = trustActor && row.role === 'admin' && isLoopback(request.ip) ? actorOf(request) : null;
    return actor === null ? principal : { ...principal, name: actor };
  };

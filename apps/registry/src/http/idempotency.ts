/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that is sent again under its key is answered as it was the first
 * time, and acts once. A key is a principal's own, stands for one request for 24 hours, and goes with the transaction that acts: a
 * registry that is cut off between the two leaves no doubt whether it did.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from '@graft/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { underClaim, type Claim } from '../db/claims.js';
import type { Database } from '../db/database.js';
import { parseIdempotencyKey, ruleRepeat, type KeptAnswer } from '../rules/idempotency.js';
import type { App } from './app-types.js';
import { principalOf } from './principal.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a POST. `secret`: its answer is told once and never kept. `harmless`: it changes nothing, so that no key is needed. */
    repeats?: 'secret' | 'harmless';
  }
  interface FastifyRequest {
    claim: Claim | null;
  }
}

const MOST_BYTES = 65_536;

/** Whether keys count on a route. */
export const takesKeys = ({
  method,
  url,
  config,
}: {
  method: string;
  url: string;
  config?: { repeats?: string };
}): boolean => method === 'POST' && url.startsWith('/v1/') && config?.repeats !== 'harmless';

const fingerprintOf = ({ method, url, body }: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null]))
    .digest();

/** The claim to act under, or what was answered before. */
const claimOrRepeat = async (
  { idempotency }: Pick<Database, 'idempotency'>,
  claim: Claim,
  fingerprint: Buffer,
): Promise<{ claim: Claim } | { kept: KeptAnswer }> => {
  if (await idempotency.claim(claim, fingerprint)) return { claim };
  if (await idempotency.takeOver(claim, fingerprint)) return { claim };
  const kept = await idempotency.find(claim, fingerprint);
  // It was let go of between two questions.
  return kept === null ? claimOrRepeat({ idempotency }, claim, fingerprint) : { kept: ruleRepeat(claim.key, kept) };
};

/** What may go otherwise next time is not kept: the registry's own failures, and what the caller was refused for a moment. */
const isFinal = (status: number): boolean => status < 500 && ![401, 403, 408, 429].includes(status);

const tellAgain = (reply: FastifyReply, { status, answer }: KeptAnswer): FastifyReply =>
  reply
    .status(status)
    .type(status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json')
    .header('idempotent-replayed', 'true')
    .send(answer);

export const keepAnswers = (app: App, { db, logger }: { db: Database; logger: Logger }): void => {
  app.decorateRequest('claim', null);

  const begin = async (
    request: FastifyRequest,
    reply: FastifyReply,
    header: string | string[],
  ): Promise<Claim | null> => {
    const { name, role } = principalOf(request);
    const claim = { principal: `${role}:${name}`, key: parseIdempotencyKey(header), attempt: randomUUID() };
    const ruling = await claimOrRepeat(db, claim, fingerprintOf(request));
    if ('claim' in ruling) return ruling.claim;
    tellAgain(reply, ruling.kept);
    return null;
  };

  // Not async: what comes after a hook runs under its claim only where the hook itself calls for it.
  app.addHook('preHandler', (request, reply, done) => {
    const header = request.headers['idempotency-key'];
    const { url = '', config } = request.routeOptions;
    if (header === undefined || !takesKeys({ method: request.method, url, config })) return done();
    begin(request, reply, header).then((claim) => {
      if (claim === null) return;
      request.claim = claim;
      underClaim(claim, done);
    }, done);
  });

  app.addHook('onSend', async (request, { statusCode: status }, payload) => {
    const { claim } = request;
    if (claim === null) return;
    request.claim = null;
    const isKept = typeof payload === 'string' && Buffer.byteLength(payload) <= MOST_BYTES;
    const answer = isKept && request.routeOptions.config.repeats !== 'secret' ? payload : null;
    try {
      await (isFinal(status) ? db.idempotency.complete(claim, status, answer) : db.idempotency.release(claim));
    } catch (err) {
      // It stays claimed: whoever asks again is told that it is under way, or done.
      logger.warn({ err }, 'idempotency: an answer was not kept');
    }
  });
};

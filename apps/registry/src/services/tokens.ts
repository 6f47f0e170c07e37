import { createHash, randomBytes } from 'node:crypto';
import { AppError, type AccessToken, type IssuedToken, type newTokenSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import { checkNewToken, checkRevocable } from '../rules/access-token.js';
import { noSuch } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';

/** Tokens are random, so a hash without salt or stretching is as hard to turn back as the token is to guess. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

/** 256 random bits, under a head by which scanners of secrets can know it. */
const newToken = (): string => `graft_${randomBytes(32).toString('base64url')}`;

export const tokenService = (db: Database) => ({
  /** The answer alone has the token. A name is free again once its token is revoked or has expired. */
  createToken: async (by: string, asked: z.output<typeof newTokenSchema>): Promise<IssuedToken> => {
    const token = newToken();
    const created = await db.transaction(async (tx) => {
      const { name, expiresAt } = asked;
      if (expiresAt !== null && !(await tx.tokens.isAhead(expiresAt))) {
        throw new AppError('invalid_request', `expiresAt: ${expiresAt} is not ahead`, { details: { name, expiresAt } });
      }
      const present = await tx.tokens.byName(name);
      checkNewToken(name, present);
      if (present?.state === 'expired') await tx.tokens.revoke(present.id, by);
      return tx.tokens.create({ ...asked, hash: hashToken(token), by });
    });
    return { ...created, token };
  },

  listTokens: (page: PageAsk<MomentKey>): Promise<(AccessToken & { id: string })[]> => db.tokens.list(page),

  /** At once: the next call by it is refused, and streams that it opened tell nothing more. Again: no change. */
  revokeToken: (by: string, name: string): Promise<AccessToken> =>
    db.transaction(async (tx) => {
      const present = await tx.tokens.byName(name);
      if (present === null) throw noSuch('token', name, await tx.tokens.names());
      checkRevocable(present);
      await tx.tokens.revoke(present.id, by);
      return (await tx.tokens.byName(name)) ?? present;
    }),
});

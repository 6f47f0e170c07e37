import { randomBytes } from 'node:crypto';
import type { IssuedSession, newSessionSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import type { TokenRow } from '../repositories/tokens.js';
import type { Principal } from '../rules/roles.js';
import { checkSessionRole, SESSION_HEAD } from '../rules/session.js';
import { hashToken } from './tokens.js';

/** What a call came with. */
type Sent = Pick<TokenRow, 'id' | 'kind'>;

export const sessionService = (db: Database) => ({
  /**
   * A session of whoever asks, by the token that they ask with. The answer alone has its token.
   * @throws AppError `refused` for the role of a process, `forbidden` for a role with a right that the caller lacks
   */
  createSession: async (
    caller: Principal,
    sent: Sent,
    { role = caller.role, hours }: z.output<typeof newSessionSchema>,
  ): Promise<IssuedSession> => {
    checkSessionRole(caller.role, role);
    const { name } = caller;
    const token = `${SESSION_HEAD}${randomBytes(32).toString('base64url')}`;
    const { expiresAt } = await db.sessions.create({ tokenId: sent.id, name, role, hours, hash: hashToken(token) });
    return { name, role, expiresAt, token };
  },

  /** The session that asks; for a token, which goes on, nothing. */
  endSession: async (sent: Sent): Promise<void> => {
    if (sent.kind === 'session') await db.sessions.remove(sent.id);
  },
});

import type { Client } from './client.js';

export interface TokenRow {
  readonly name: string;
  readonly role: string;
}

export const tokenRepository = (client: Client) => ({
  byHash: async (hash: Uint8Array): Promise<TokenRow | null> =>
    client.accessToken.findFirst({
      where: { hash: Uint8Array.from(hash), revokedAt: null },
      select: { name: true, role: true },
    }),

  /** Gives a name this token and role, whatever it had before. */
  put: async ({ name, role, hash }: TokenRow & { hash: Uint8Array }): Promise<void> => {
    const token = { role, hash: Uint8Array.from(hash), revokedAt: null };
    await client.accessToken.upsert({ where: { name }, create: { name, ...token }, update: token });
  },
});

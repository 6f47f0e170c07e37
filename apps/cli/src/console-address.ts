/** Where the console is, for a person who may act by this client's token: an address that signs them in. */
import type { IssuedSession, NewSession } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';

export interface ConsoleAddress extends Omit<IssuedSession, 'token'> {
  /** What follows the # is never sent to a server; the page takes it out of the address. */
  readonly url: string;
}

/** @param registryUrl http(s)://host:port, with or without a path */
export const openConsole = async (
  registry: Pick<Registry, 'createSession'>,
  registryUrl: string,
  session: NewSession = {},
): Promise<ConsoleAddress> => {
  const { token, ...made } = await registry.createSession(session);
  return { url: `${registryUrl.replace(/\/+$/, '')}/console/#token=${token}`, ...made };
};

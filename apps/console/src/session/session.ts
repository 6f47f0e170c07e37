/**
 * Who is signed in, in this tab: the token of a session of the registry. It is kept for the tab alone (other programs on the same machine share
 * cookies with the registry, whatever their port), and sent as any client sends it.
 */
import { useSyncExternalStore } from 'react';

const KEY = 'graft.token';
const IN_ADDRESS = /^#token=([\w.~-]+)$/;

const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());

/** Null: nobody is signed in. */
export const readToken = (): string | null => sessionStorage.getItem(KEY);

export const signIn = (token: string): void => {
  sessionStorage.setItem(KEY, token);
  tell();
};

export const signOut = (): void => {
  sessionStorage.removeItem(KEY);
  tell();
};

/** `…/console/#token=…`, as `./graft console` prints it, signs in; the address is rid of it before anything is asked. */
export const takeTokenFromAddress = (): void => {
  const [, token] = IN_ADDRESS.exec(location.hash) ?? [];
  if (token === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  signIn(token);
};

/** Null: nobody is signed in. */
export const useToken = (): string | null =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readToken);

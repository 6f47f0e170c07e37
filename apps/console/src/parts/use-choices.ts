/** What is chosen on a page, kept in its address: it can be sent to somebody, and survives a reload. */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export interface Choices {
  /** Undefined where nothing is chosen. */
  readonly chosen: (name: string) => string | undefined;
  /** Null chooses nothing. */
  readonly choose: (name: string, value: string | null) => void;
}

export const useChoices = (): Choices => {
  const [search, setSearch] = useSearchParams();
  const choose = useCallback(
    (name: string, value: string | null): void =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === null) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setSearch],
  );
  return { chosen: (name) => search.get(name) ?? undefined, choose };
};

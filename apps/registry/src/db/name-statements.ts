/**
 * Names for prepared statements: PostgreSQL then parses and plans a text once for a connection, and not at every call. Only for
 * statements that are asked all the time and whose best plan doesn't depend on what they are asked for: they say so in their text.
 */

/** In the text of a statement that is to be prepared. */
const MARK = '/* prepared */';

/** @returns a name for each text that asks for it, the same for the same; empty: it isn't to be prepared. */
export const nameStatements = (): ((query: { readonly sql: string }) => string) => {
  const names = new Map<string, string>();
  return ({ sql }) => {
    if (!sql.includes(MARK)) return '';
    const name = names.get(sql) ?? `graft_${names.size + 1}`;
    names.set(sql, name);
    return name;
  };
};
